import { ListObjectVersionsCommand, type ListObjectVersionsCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { asciiJson } from '../../lambda/adapters/sqs-queue.ts';
import { dropId, recordKey } from '../../lambda/model/drop.ts';
import { isDrop, type ObjectEvent, objectEventMessage } from '../../lambda/model/s3-event.ts';
import { inTurns } from '../in-turns.ts';
import { printable, printableJson } from '../printable.ts';
import { loadRecord } from '../records/status-bucket.ts';
import type { StackConnection } from '../stack/connection.ts';

export interface BackfillOptions {
  readonly target: string;
  /** Of drop keys; '' for all. */
  readonly prefix: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Drops at a time: enough to hide the latency of S3 and SQS. */
const AT_A_TIME = 16;

/**
 * Sends the drops to a target that were dropped before it was there: the newest version of each key, as far as it has no
 * record there.
 * @returns the exit code: 0 done, 1 there is nothing to send
 */
export async function backfillDrops(options: BackfillOptions, stack: StackConnection): Promise<number> {
  let count = 0;
  for await (const page of newestDrops(stack.s3, stack.output('DropBucketName'), options.prefix)) {
    const sent = await inTurns(page, AT_A_TIME, (drop) => backfill(drop, options, stack));
    count += sent.filter(Boolean).length;
  }
  if (!options.json) process.stdout.write(`${totalOf(count, options)}\n`);
  return count === 0 ? 1 : 0;
}

async function backfill(drop: ObjectEvent, options: BackfillOptions, stack: StackConnection): Promise<boolean> {
  const { target, dryRun, json } = options;
  const id = dropId({ ...drop, lastModified: drop.eventTime });
  const key = recordKey({ key: drop.key, id }, target);
  if ((await loadRecord(stack.s3, stack.output('StatusBucketName'), key)) !== undefined) return false;
  if (!dryRun) {
    const MessageBody = asciiJson(objectEventMessage(drop, target));
    await (await stack.sqs()).send(new SendMessageCommand({ QueueUrl: stack.output('IngestQueueUrl'), MessageBody }));
  }
  const line = `${printable(`${drop.key}: ${dryRun ? 'would be sent' : 'sent'} to ${target}`)}\n`;
  process.stdout.write(json ? `${printableJson({ key: drop.key, record: key, sent: !dryRun })}\n` : line);
  return true;
}

async function* newestDrops(client: S3Client, Bucket: string, Prefix: string): AsyncGenerator<readonly ObjectEvent[]> {
  let [KeyMarker, VersionIdMarker]: (string | undefined)[] = [];
  do {
    const page: ListObjectVersionsCommandOutput = await client.send(
      new ListObjectVersionsCommand({ Bucket, Prefix, KeyMarker, VersionIdMarker }),
    );
    const newest = (page.Versions ?? []).filter(({ IsLatest }) => IsLatest);
    yield newest
      .map(({ Key: key = '', VersionId, ETag = '', Size: size = 0, LastModified }) => ({
        bucket: Bucket,
        key,
        ...(VersionId !== undefined && VersionId !== 'null' && { versionId: VersionId }),
        etag: ETag.replaceAll('"', ''),
        size,
        eventTime: LastModified ?? new Date(0),
      }))
      .filter(isDrop);
    [KeyMarker, VersionIdMarker] = page.IsTruncated === true ? [page.NextKeyMarker, page.NextVersionIdMarker] : [];
  } while (KeyMarker !== undefined);
}

function totalOf(count: number, { target, dryRun }: BackfillOptions): string {
  if (count === 0) return `Nothing to send: each drop has a record at ${target}.`;
  return `${count === 1 ? '1 drop' : `${count} drops`} ${dryRun ? 'would be sent' : 'sent'} to ${target}.`;
}
