import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { asciiJson } from '../../lambda/adapters/sqs-queue.ts';
import { askForRetry } from '../../lambda/steps/record-message.ts';
import { printable, printableJson } from '../printable.ts';
import { type KeyedRecord, recordsIn, recordsPrefix } from '../records/status-bucket.ts';
import type { StackConnection } from '../stack/connection.ts';
import { isAt, type StackTarget } from '../stack/targets.ts';
import type { RetryOptions } from './options.ts';

/** @returns the exit code */
export async function retryFailed(
  options: RetryOptions,
  stack: StackConnection,
  targets: readonly StackTarget[],
): Promise<number> {
  const { keys } = options;
  const isMeant: IsMeant = ({ record }) => isAt(record, targets);
  if (keys.length === 0) {
    const count = await retryBelow('', isMeant, options, stack);
    if (!options.json) process.stdout.write(`${count === 1 ? '1 drop begins' : `${count} drops begin`} again.\n`);
    return 0;
  }
  const counts: number[] = [];
  for (const key of keys) counts.push(await retryKey(key, isMeant, options, stack));
  return counts.includes(0) ? 1 : 0;
}

type IsMeant = (each: KeyedRecord) => boolean;

async function retryKey(key: string, isMeant: IsMeant, options: RetryOptions, stack: StackConnection): Promise<number> {
  const isOurs: IsMeant = (each) => each.record.drop.key === key && isMeant(each);
  const count = await retryBelow(recordsPrefix(key), isOurs, options, stack);
  if (count === 0) {
    const code = options.code === undefined ? '' : ` with ${options.code}`;
    process.stderr.write(`imagedrop: no drop under ${printable(JSON.stringify(key))} has failed${code}.\n`);
  }
  return count;
}

async function retryBelow(
  prefix: string,
  isMeant: IsMeant,
  { code, json }: RetryOptions,
  stack: StackConnection,
): Promise<number> {
  let count = 0;
  for await (const each of recordsIn(stack.s3, stack.output('StatusBucketName'), prefix)) {
    const { record, key } = each;
    const isFailed = record.status === 'failed' && (code === undefined || record.error?.code === code);
    if (!isFailed || !isMeant(each)) continue;
    const MessageBody = asciiJson(askForRetry({ key, record }));
    await (await stack.sqs()).send(new SendMessageCommand({ QueueUrl: stack.output('IngestQueueUrl'), MessageBody }));
    process.stdout.write(json ? `${printableJson({ record: key, was: record.error?.code })}\n` : lineOf(each));
    count += 1;
  }
  return count;
}

function lineOf({ record: { drop, target, error } }: KeyedRecord): string {
  return `${printable(`${drop.key} at ${target}: begins again (it had failed with ${error?.code})`)}\n`;
}
