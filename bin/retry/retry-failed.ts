import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { asciiJson } from '../../lambda/adapters/sqs-queue.ts';
import type { ErrorCode } from '../../lambda/model/errors.ts';
import type { DropRecord, KeyedRecord } from '../../lambda/model/record.ts';
import { askForRetry } from '../../lambda/steps/record-message.ts';
import { printable, printableJson } from '../printable.ts';
import { recordLine } from '../records/record-line.ts';
import { report } from '../records/report.ts';
import { recordsIn, recordsPrefix } from '../records/status-bucket.ts';
import { lookEveryMs, watchRecords } from '../records/watch-records.ts';
import type { StackConnection } from '../stack/connection.ts';
import { isAt, type StackTarget } from '../stack/targets.ts';
import { DONE, FAILED, INTERRUPTED, interrupted } from '../terminal/exit-codes.ts';
import { liveLines } from '../terminal/live-lines.ts';
import { statusStyle, stylerFor } from '../terminal/styles.ts';
import { roomOf } from '../terminal/table.ts';
import type { RetryOptions } from './options.ts';

/** The bytes of the object decide these: a retry of the same object ends in the same way. */
const DECIDED_BY_FILE: readonly ErrorCode[] = [
  'empty',
  'not-a-disk-image',
  'compressed',
  'truncated',
  'corrupt-header',
  'two-formats',
  'backing-file',
  'external-data-file',
  'parent-image',
  'unsafe-extent',
  'encrypted',
  'unknown-feature',
  'unsupported-variant',
  'corrupt-data',
  'trailing-bytes',
  'no-image-inside',
  'manifest-mismatch',
  'packed-twice',
  'unreplayed-log',
  'object-gone',
  'object-changed',
  'object-customer-key',
  'checksum-mismatch',
];

/** @returns the exit code */
export async function retryFailed(
  options: RetryOptions,
  stack: StackConnection,
  targets: readonly StackTarget[],
): Promise<number> {
  const { keys, json, wait } = options;
  const isMeant: IsMeant = ({ record }) => isAt(record, targets);
  const retried: KeyedRecord[] = [];
  let isComplete = true;
  if (keys.length === 0) retried.push(...(await retryAll(isMeant, options, stack)));
  for (const key of keys) {
    const found = await retryKey(key, isMeant, options, stack);
    if (found.length === 0) isComplete = false;
    retried.push(...found);
  }
  const code = wait ? await follow(retried, json, stack) : DONE;
  return isComplete ? code : FAILED;
}

type IsMeant = (each: KeyedRecord) => boolean;

/** A code that the user names is retried, whatever it is. */
async function retryAll(isMeant: IsMeant, options: RetryOptions, stack: StackConnection) {
  const leftOut: KeyedRecord[] = [];
  const canSucceed: IsMeant = (each) => {
    if (!isMeant(each)) return false;
    const isHopeless = options.code === undefined && DECIDED_BY_FILE.some((code) => code === each.record.error?.code);
    if (isHopeless) leftOut.push(each);
    return !isHopeless;
  };
  const retried = await retryBelow('', canSucceed, options, stack);
  const { length: count } = retried;
  if (!options.json) process.stdout.write(`${count === 1 ? '1 drop begins' : `${count} drops begin`} again.\n`);
  if (leftOut.length > 0) sayWhatIsLeftOut(leftOut);
  return retried;
}

function sayWhatIsLeftOut(leftOut: readonly KeyedRecord[]): void {
  const codes = [...new Set(leftOut.map(({ record }) => record.error?.code))].join(', ');
  const left = leftOut.length === 1 ? '1 drop is' : `${leftOut.length} drops are`;
  process.stderr.write(
    `${left} left out, because the file itself was refused (${codes}). Drop a corrected file, or name the KEY to retry it.\n`,
  );
}

async function retryKey(key: string, isMeant: IsMeant, options: RetryOptions, stack: StackConnection) {
  const isOurs: IsMeant = (each) => each.record.drop.key === key && isMeant(each);
  const retried = await retryBelow(recordsPrefix(key), isOurs, options, stack);
  if (retried.length === 0) {
    const code = options.code === undefined ? '' : ` with ${options.code}`;
    process.stderr.write(`imagedrop: no drop under ${printable(JSON.stringify(key))} has failed${code}.\n`);
  }
  return retried;
}

async function retryBelow(
  prefix: string,
  isMeant: IsMeant,
  { code, json }: RetryOptions,
  stack: StackConnection,
): Promise<readonly KeyedRecord[]> {
  const retried: KeyedRecord[] = [];
  for await (const each of recordsIn(stack.s3, stack.output('StatusBucketName'), prefix)) {
    const { record, key } = each;
    const isFailed = record.status === 'failed' && (code === undefined || record.error?.code === code);
    if (!isFailed || !isMeant(each)) continue;
    const MessageBody = asciiJson(askForRetry({ key, record }));
    const sqs = await stack.sqs();
    await sqs.send(new SendMessageCommand({ QueueUrl: stack.output('IngestQueueUrl'), MessageBody }));
    process.stdout.write(json ? `${printableJson({ record: key, was: record.error?.code })}\n` : lineOf(each));
    retried.push(each);
  }
  return retried;
}

function lineOf({ record: { drop, target, error } }: KeyedRecord): string {
  return `${printable(`${drop.key} at ${target}: begins again (it had failed with ${error?.code})`)}\n`;
}

const placeOf = ({ drop, target }: DropRecord): string => JSON.stringify([drop.key, drop.id, target]);

/** Follows the retried drops until each has settled anew. @returns the exit code */
async function follow(retried: readonly KeyedRecord[], json: boolean, stack: StackConnection): Promise<number> {
  const stop = interrupted();
  const records = retried.length === 0 ? [] : await settledAnew(retried, json, stack, stop);
  if (stop.aborted) return INTERRUPTED;
  const forPeople = () => `\n${report(records, stylerFor(process.stdout), roomOf(process.stdout))}`;
  if (records.length > 0)
    process.stdout.write(json ? records.map((record) => `${printableJson(record)}\n`).join('') : forPeople());
  return records.every(({ status }) => status === 'active') ? DONE : FAILED;
}

async function settledAnew(
  retried: readonly KeyedRecord[],
  json: boolean,
  stack: StackConnection,
  stop: AbortSignal,
): Promise<readonly DropRecord[]> {
  const before = new Map(retried.map(({ record }) => [placeOf(record), record.history.length]));
  const isAnew = (record: DropRecord) =>
    record.history.length > (before.get(placeOf(record)) ?? Number.POSITIVE_INFINITY);
  const settled = new Map<string, DropRecord>();
  const lines = json ? undefined : liveLines(process.stdout);
  const options = { everyMs: lookEveryMs(stack) };
  for await (const changed of watchRecords(stack.s3, stack.output('StatusBucketName'), stop, options)) {
    for (const record of changed.filter(isAnew)) {
      const subject = `${record.drop.key} at ${record.target}`;
      lines?.show(placeOf(record), recordLine(record, subject), statusStyle(record.status));
      if (record.announcedAt !== undefined) settled.set(placeOf(record), record);
    }
    if (settled.size === before.size) break;
  }
  return [...settled.values()];
}
