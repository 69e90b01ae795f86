import type { DropRecord } from '../../lambda/model/record.ts';
import { printableJson } from '../printable.ts';
import { newestDrops } from '../records/drops.ts';
import { beginningOf, recordsIn } from '../records/status-bucket.ts';
import type { StackConnection } from '../stack/connection.ts';
import { isAt, type StackTarget } from '../stack/targets.ts';
import { DONE } from '../terminal/exit-codes.ts';
import { stylerFor } from '../terminal/styles.ts';
import { roomOf } from '../terminal/table.ts';
import { dropTable } from './drop-table.ts';

export interface ListOptions {
  /** Of keys. */
  readonly prefix: string;
  readonly failedOnly: boolean;
  /** Earlier drops of a key, too. */
  readonly all: boolean;
  readonly json: boolean;
}

/** @returns the exit code: 0 */
export async function listDrops(
  { prefix, failedOnly, all, json }: ListOptions,
  stack: StackConnection,
  targets: readonly StackTarget[],
): Promise<number> {
  const below: DropRecord[] = [];
  for await (const { record } of recordsIn(stack.s3, stack.output('StatusBucketName'), beginningOf(prefix))) {
    if (isAt(record, targets) && record.drop.key.startsWith(prefix)) below.push(record);
  }
  const listed = (all ? below : newestDrops(below)).filter(({ status }) => !failedOnly || status === 'failed');
  process.stdout.write(
    json
      ? `${printableJson(listed, 2)}\n`
      : dropTable(listed, new Date(), stylerFor(process.stdout), roomOf(process.stdout)),
  );
  return DONE;
}
