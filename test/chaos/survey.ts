import {
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { isRecordKey } from '../../lambda/model/drop.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { isSettled } from '../../lambda/model/record-changes.ts';
import type { ChaosCloud, CloudImage } from './chaos-cloud.ts';
import type { Queues } from './queues.ts';

/** Everything that is there when all is quiet. */
export interface Survey {
  /** Keys and versions of the drop bucket, without delete markers. */
  readonly versions: readonly { readonly key: string; readonly versionId: string; readonly isLatest: boolean }[];
  readonly records: ReadonlyMap<string, DropRecord>;
  readonly clouds: readonly SurveyedCloud[];
  /** Of both buckets: `bucket/key`. */
  readonly unfinishedUploads: readonly string[];
  /** What the outcome topic has told of each record: `status image-id`, each once. */
  readonly told: ReadonlyMap<string, ReadonlySet<string>>;
  /** Messages in the queues of the functions, by the name of the queue. */
  readonly messages: Readonly<Record<string, number>>;
}

/** The stack as its operator sees it. */
export interface Operator {
  readonly s3: S3Client;
  readonly queues: Queues;
  /** The bucket of the drops. */
  readonly bucket: string;
  /** The bucket of the records. */
  readonly records: string;
}

export interface SurveyedCloud {
  readonly cloud: ChaosCloud;
  readonly images: readonly (CloudImage & { readonly content?: { readonly bytes: number; readonly sha256: string } })[];
}

export async function surveyed(
  operator: Operator,
  clouds: readonly ChaosCloud[],
  before: ReadonlySet<string>,
): Promise<Survey> {
  const { s3, queues, bucket, records } = operator;
  return {
    versions: await versionsIn(s3, bucket),
    records: await recordsIn(s3, records),
    clouds: await Promise.all(clouds.map((cloud) => surveyedCloud(cloud, before))),
    unfinishedUploads: await unfinishedUploadsIn(s3, [bucket, records]),
    told: await queues.told(),
    messages: await queues.counts(),
  };
}

/** How many records nothing happens to any more. */
export async function overIn(s3: S3Client, bucket: string): Promise<number> {
  const records = [...(await recordsIn(s3, bucket)).values()];
  return records.filter((record) => isSettled(record) && record.announcedAt !== undefined).length;
}

async function recordsIn(s3: S3Client, bucket: string): Promise<Map<string, DropRecord>> {
  const records = new Map<string, DropRecord>();
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, ContinuationToken: token, EncodingType: 'url' }),
    );
    for (const { Key = '' } of page.Contents ?? []) {
      const key = decodedKey(Key);
      if (!isRecordKey(key)) continue;
      records.set(key, await readRecord(s3, bucket, key));
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return records;
}

async function readRecord(s3: S3Client, bucket: string, key: string): Promise<DropRecord> {
  const { Body: body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return JSON.parse((await body?.transformToString()) ?? '');
}

async function versionsIn(s3: S3Client, bucket: string): Promise<Survey['versions']> {
  const versions: { key: string; versionId: string; isLatest: boolean }[] = [];
  let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, EncodingType: 'url', ...marker }));
    for (const { Key = '', VersionId = '', IsLatest = false } of page.Versions ?? []) {
      versions.push({ key: decodedKey(Key), versionId: VersionId, isLatest: IsLatest });
    }
    if (!page.IsTruncated) return versions;
    marker = { KeyMarker: decodedKey(page.NextKeyMarker ?? ''), VersionIdMarker: page.NextVersionIdMarker };
  }
}

async function unfinishedUploadsIn(s3: S3Client, buckets: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    buckets.map(async (bucket) => {
      const { Uploads: uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
      return uploads.map(({ Key }) => `${bucket}/${Key}`);
    }),
  );
  return found.flat();
}

/** Its images but those that were there before the run, with the bytes of those that are active. */
async function surveyedCloud(cloud: ChaosCloud, before: ReadonlySet<string>): Promise<SurveyedCloud> {
  const images: SurveyedCloud['images'][number][] = [];
  for (const image of await cloud.images()) {
    if (before.has(image.id)) continue;
    images.push(image.status === 'active' ? { ...image, content: await cloud.content(image.id) } : image);
  }
  return { cloud, images };
}

const decodedKey = (key: string): string => decodeURIComponent(key.replaceAll('+', ' '));
