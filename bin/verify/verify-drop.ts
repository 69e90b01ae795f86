import type { KeyedRecord } from '../../lambda/model/record.ts';
import { type Finding, hasFailed } from '../doctor/finding.ts';
import { showFindings } from '../doctor/report.ts';
import { dropsIn } from '../records/drops.ts';
import { exitCodeOf } from '../records/settled.ts';
import { recordsOf } from '../records/status-bucket.ts';
import type { StackConnection } from '../stack/connection.ts';
import { isAt, type StackTarget } from '../stack/targets.ts';
import { sayWhatIsThere } from '../status/without-record.ts';
import { FAILED } from '../terminal/exit-codes.ts';
import { chainOf, type Sources } from './chain.ts';
import { withClouds } from './clouds.ts';
import { keyInFile, keyInKms, type ReceiptKey } from './signature.ts';

export interface VerifyOptions {
  readonly key: string;
  readonly json: boolean;
  readonly targets: readonly StackTarget[];
  /** The PEM file of the key that receipts must be signed by. @default that of the stack's settings */
  readonly keyFile: string | undefined;
}

/** Checks the last drop of a key at each target. @returns the exit code */
export async function verifyDrop(options: VerifyOptions, stack: StackConnection): Promise<number> {
  const { key, json, targets } = options;
  const receiptKey = await receiptKeyOf(options, stack);
  const found = await recordsOf(stack.s3, stack.output('StatusBucketName'), key);
  const all = found.map(({ record }) => record);
  const [last] = dropsIn(all.filter((record) => isAt(record, targets)));
  if (last === undefined) return sayWhatIsThere(key, dropsIn(all)[0], stack, json);
  const kept = found.filter(({ record }) => last.includes(record));
  const findings = await withClouds(stack, (clouds) =>
    showFindings(chains(kept, { stack, clouds, key: receiptKey, others: found }), json),
  );
  // A target that was added later has no record, and none is to come.
  return findings.some(hasFailed) ? FAILED : exitCodeOf(last, []);
}

async function receiptKeyOf({ keyFile }: VerifyOptions, stack: StackConnection): Promise<ReceiptKey | undefined> {
  if (keyFile !== undefined) return keyInFile(keyFile);
  return stack.receiptKey === undefined ? undefined : keyInKms(stack.receiptKey);
}

async function* chains(kept: readonly KeyedRecord[], sources: Sources): AsyncGenerator<Finding> {
  for (const each of kept) yield* chainOf(each, sources);
}
