import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { isNoSuchKey } from '../../lambda/adapters/aws-errors.ts';
import { printable } from '../printable.ts';
import type { StackConnection } from '../stack/connection.ts';
import { formatAge } from '../terminal/durations.ts';
import { FAILED, NOT_YET } from '../terminal/exit-codes.ts';

/** Tells a drop that was not taken up so far from one that never was. @returns the exit code */
export async function sayWhatIsThere(key: string, stack: StackConnection, json: boolean): Promise<number> {
  const arrivedAt = await arrivalOf(key, stack);
  const name = printable(JSON.stringify(key));
  const text =
    arrivedAt === undefined
      ? `There is no drop ${name}.\n    next   \`imagedrop ls\` lists those that there are.`
      : `${name} has been in the bucket for ${formatAge((Date.now() - arrivedAt.getTime()) / 1000)} and has no record yet.\n    next   It is taken up within seconds; one that is not is found by \`imagedrop reconcile\`.`;
  if (json) process.stdout.write('[]\n');
  process.stderr.write(`imagedrop: ${text}\n`);
  return arrivedAt === undefined ? FAILED : NOT_YET;
}

async function arrivalOf(key: string, stack: StackConnection): Promise<Date | undefined> {
  try {
    const head = new HeadObjectCommand({ Bucket: stack.output('DropBucketName'), Key: key });
    return (await stack.s3.send(head)).LastModified;
  } catch (error) {
    if (isNoSuchKey(error)) return undefined;
    throw error;
  }
}
