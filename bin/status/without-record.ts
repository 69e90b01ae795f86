import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { isNoSuchKey } from '../../lambda/adapters/aws-errors.ts';
import { printable } from '../printable.ts';
import type { DropRecords } from '../records/drops.ts';
import type { StackConnection } from '../stack/connection.ts';
import { formatAge } from '../terminal/durations.ts';
import { FAILED, NOT_YET } from '../terminal/exit-codes.ts';

/**
 * Separates a drop that was not processed so far from one that never was, and from one that goes elsewhere.
 * @param elsewhere the last drop of the key at targets that were not asked for
 * @returns the exit code
 */
export async function sayWhatIsThere(
  key: string,
  elsewhere: DropRecords | undefined,
  stack: StackConnection,
  json: boolean,
): Promise<number> {
  const chosen = elsewhere?.find(({ drop }) => drop.targets !== undefined)?.drop.targets;
  const arrivedAt = chosen === undefined ? await arrivalOf(key, stack) : undefined;
  const name = printable(JSON.stringify(key));
  const text = chosen === undefined ? withoutRecord(name, arrivedAt) : goesElsewhere(name, chosen);
  if (json) process.stdout.write('[]\n');
  process.stderr.write(`imagedrop: ${text}\n`);
  return arrivedAt === undefined ? FAILED : NOT_YET;
}

function withoutRecord(name: string, arrivedAt: Date | undefined): string {
  if (arrivedAt === undefined)
    return `There is no drop ${name}.\n    next   \`imagedrop ls\` lists those that there are.`;
  const age = formatAge((Date.now() - arrivedAt.getTime()) / 1000);
  return `${name} has been in the bucket for ${age} and has no record yet.\n    next   It is processed within seconds; a lost one is found by \`imagedrop reconcile\`.`;
}

const goesElsewhere = (name: string, chosen: readonly string[]): string =>
  printable(`${name} goes to ${chosen.join(', ')} alone, as it was dropped.`) +
  '\n    next   To send it to another target, drop it again with --target.';

async function arrivalOf(key: string, stack: StackConnection): Promise<Date | undefined> {
  try {
    const head = new HeadObjectCommand({ Bucket: stack.output('DropBucketName'), Key: key });
    return (await stack.s3.send(head)).LastModified;
  } catch (error) {
    if (isNoSuchKey(error)) return undefined;
    throw error;
  }
}
