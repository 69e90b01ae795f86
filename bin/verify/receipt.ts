import { GetObjectCommand } from '@aws-sdk/client-s3';
import { isNoSuchKey } from '../../lambda/adapters/aws-errors.ts';
import type { Image } from '../../lambda/model/image.ts';
import { type Envelope, PAYLOAD_TYPE, type Statement, statementOf } from '../../lambda/model/receipt.ts';
import type { KeyedRecord } from '../../lambda/model/record.ts';
import { type Checks, type Finding, failed, ok, skipped, type Verdict } from '../doctor/finding.ts';
import type { StackConnection } from '../stack/connection.ts';
import { type ReceiptKey, signatureVerdict } from './signature.ts';

const CHANGED =
  'The receipt or the record was changed after the image became active. Compare earlier versions of both in the status bucket.';

/** What a receipt is compared with. */
export interface ReceiptSources {
  readonly stack: Pick<StackConnection, 's3' | 'output'>;
  /** Undefined: receipts need no signature. */
  readonly key: ReceiptKey | undefined;
  /** All records of the key: the receipt of an image is about the one that owns it. */
  readonly others?: readonly KeyedRecord[];
}

/** Whether the receipt says what the record says, and what the cloud says now; and whether it is signed as it should be. */
export async function* receiptChecks(
  kept: KeyedRecord,
  image: Image | undefined,
  { stack, key, others = [] }: ReceiptSources,
  checks: Checks,
): AsyncGenerator<Finding> {
  const { duplicateOf = kept.key } = kept.record;
  const owner = duplicateOf === kept.key ? kept : others.find((other) => other.key === duplicateOf);
  let stored: StoredReceipt | undefined;
  yield await checks.make('receipt', async () => {
    const { receipt, noReceipt = 'The image became active before there were receipts.' } = kept.record;
    if (receipt === undefined) return skipped(`There is none. ${noReceipt}`);
    const text = await textOf(stack, receipt);
    if (text === undefined) return failed(`${receipt} is gone from the status bucket.`, CHANGED);
    stored = storedIn(text);
    if (stored === undefined) return failed(`${receipt} is not a receipt.`, CHANGED);
    return owner === undefined ? skipped(`The record ${duplicateOf} is gone.`) : agreement(stored, owner, image);
  });
  if (stored !== undefined || key !== undefined) {
    yield await checks.make('signature', () => signatureVerdict(stored?.envelope, key));
  }
}

function agreement({ statement }: StoredReceipt, { key, record }: KeyedRecord, image: Image | undefined): Verdict {
  const { version } = statement.predicate.imagedrop;
  const expected = statementOf(key, record, version);
  const digest = statement.subject[0]?.digest;
  const [different] = [
    ...differences({ subject: expected.subject }, statement, ['the record', 'the receipt']),
    ...differences(statement, expected, ['the receipt', 'the record']),
    ...differences(digest, { ...digest, ...image?.hashes }, ['the receipt', 'the cloud']),
  ];
  if (different !== undefined) return failed(`${record.receipt}: ${different}`, CHANGED);
  return ok(`${record.receipt} of imagedrop ${version} agrees with record and cloud`);
}

async function textOf({ s3, output }: ReceiptSources['stack'], Key: string): Promise<string | undefined> {
  try {
    const { Body: body } = await s3.send(new GetObjectCommand({ Bucket: output('StatusBucketName'), Key }));
    return (await body?.transformToString()) ?? '';
  } catch (error) {
    if (isNoSuchKey(error)) return undefined;
    throw error;
  }
}

interface StoredReceipt {
  readonly statement: Statement;
  /** Of a signed one. */
  readonly envelope?: Envelope;
}

/** @returns undefined where the text is none */
function storedIn(text: string): StoredReceipt | undefined {
  try {
    const document: Statement | Envelope = JSON.parse(text);
    if (!('payload' in document)) return isStatement(document) ? { statement: document } : undefined;
    const statement: Statement = JSON.parse(Buffer.from(document.payload, 'base64').toString());
    const isEnvelope = document.payloadType === PAYLOAD_TYPE && Array.isArray(document.signatures);
    return isEnvelope && isStatement(statement) ? { statement, envelope: document } : undefined;
  } catch {
    return undefined;
  }
}

const isStatement = ({ subject, predicate }: Statement): boolean =>
  Array.isArray(subject) && typeof predicate.imagedrop.version === 'string';

/** The values of one document that the other lacks. The receipt of an older version may have fewer than its record. */
function* differences(one: unknown, other: unknown, names: readonly [string, string], path = ''): Generator<string> {
  if (typeof one !== 'object' || one === null) {
    if (one === other) return;
    yield `${path.slice(1)} is ${JSON.stringify(one)} in ${names[0]}, but ${JSON.stringify(other)} in ${names[1]}.`;
    return;
  }
  const others = (other ?? {}) as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(one)) yield* differences(value, others[name], names, `${path}.${name}`);
}
