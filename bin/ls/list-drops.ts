import { FAMILY_PROPERTY } from '../../lambda/model/image.ts';
import { percentEncoded } from '../../lambda/model/quoted.ts';
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
  /** Only versions of one image, all of them: the one that is not retired is the current one. */
  readonly family?: string;
  readonly json: boolean;
}

/** @returns the exit code: 0 */
export async function listDrops(
  options: ListOptions,
  stack: StackConnection,
  targets: readonly StackTarget[],
): Promise<number> {
  const { prefix, json } = options;
  const below: DropRecord[] = [];
  for await (const { record } of recordsIn(stack.s3, stack.output('StatusBucketName'), beginningOf(prefix))) {
    if (isAt(record, targets) && record.drop.key.startsWith(prefix)) below.push(record);
  }
  const listed = listedOf(below, options);
  process.stdout.write(
    json
      ? `${printableJson(listed, 2)}\n`
      : dropTable(listed, new Date(), stylerFor(process.stdout), roomOf(process.stdout)),
  );
  return DONE;
}

export function listedOf(
  records: readonly DropRecord[],
  { failedOnly, all, family }: Omit<ListOptions, 'prefix' | 'json'>,
): readonly DropRecord[] {
  const ofFamily = family === undefined ? records : records.filter((record) => isOfFamily(record, family));
  const listed = all || family !== undefined ? ofFamily : newestDrops(ofFamily);
  return listed.filter(({ status }) => !failedOnly || status === 'failed');
}

/** A duplicate has the image of another drop, which is listed itself. */
const isOfFamily = ({ sent, duplicateOf }: DropRecord, family: string): boolean =>
  duplicateOf === undefined && sent?.properties[FAMILY_PROPERTY] === percentEncoded(family);
