import { ListMultipartUploadsCommand, ListObjectVersionsCommand, type S3Client } from '@aws-sdk/client-s3';
import type { DropRecord } from '../../lambda/model/record.ts';
import type { ChaosCloud, CloudImage } from './chaos-cloud.ts';
import { decodedKey } from './decoded-key.ts';
import type { Queues } from './queues.ts';
import type { RecordReader } from './record-reader.ts';

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
  readonly records: RecordReader;
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
    records: await records.all(),
    clouds: await Promise.all(clouds.map((cloud) => surveyedCloud(cloud, before))),
    unfinishedUploads: await unfinishedUploadsIn(s3, [bucket, records.bucket]),
    told: await queues.told(),
    messages: await queues.counts(),
  };
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
