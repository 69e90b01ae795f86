import {
  GetObjectTaggingCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { dropId } from '../../lambda/model/drop.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import type { ChaosCloud, CloudImage } from './chaos-cloud.ts';
import type { ChaosClouds } from './chaos-clouds.ts';
import { decodedKey } from './decoded-key.ts';
import type { Outcome, Queues } from './queues.ts';
import type { RecordReader } from './record-reader.ts';

/** Everything that is there when all is quiet. */
export interface Survey {
  /** Keys and versions of the drop bucket, without delete markers. */
  readonly versions: readonly Version[];
  readonly records: ReadonlyMap<string, DropRecord>;
  readonly clouds: readonly SurveyedCloud[];
  /** Of all buckets: `bucket/key`. */
  readonly unfinishedUploads: readonly string[];
  /** What lies in the object storage of a target, by key. */
  readonly staged: readonly string[];
  /** Keys of the work bucket: disks that were unpacked, and their documents. */
  readonly unpacked: readonly string[];
  /** What the outcome topic has told of each record, in the order of its coming. */
  readonly told: ReadonlyMap<string, readonly Outcome[]>;
  /** Messages in the queues of the functions, by the name of the queue. */
  readonly messages: Readonly<Record<string, number>>;
  /** Keys of the records whose messages stay among the dead letters. */
  readonly recordsLeft: ReadonlySet<string>;
}

export interface Version {
  readonly key: string;
  /** As a drop. */
  readonly id: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** The stack as its operator sees it. */
export interface Operator {
  readonly s3: S3Client;
  readonly queues: Queues;
  /** The bucket of the drops. */
  readonly bucket: string;
  /** The bucket into which packed drops are unpacked. */
  readonly workBucket: string;
  readonly records: RecordReader;
}

export interface SurveyedCloud {
  readonly cloud: ChaosCloud;
  readonly images: readonly (CloudImage & { readonly content?: { readonly bytes: number; readonly sha256: string } })[];
}

export async function surveyed(
  operator: Operator,
  { clouds, late, staged }: ChaosClouds,
  before: ReadonlySet<string>,
): Promise<Survey> {
  const { s3, queues, bucket, workBucket, records } = operator;
  return {
    versions: await versionsIn(s3, bucket),
    records: await records.all(),
    clouds: await surveyedClouds([...clouds, ...(late === undefined ? [] : [late])], before),
    staged: await staged(),
    unpacked: await keysIn(s3, workBucket),
    unfinishedUploads: await unfinishedUploadsIn(s3, [bucket, workBucket, records.bucket]),
    told: await queues.told(),
    messages: await queues.counts(),
    recordsLeft: queues.recordsLeft,
  };
}

async function versionsIn(s3: S3Client, bucket: string): Promise<Survey['versions']> {
  const versions: Version[] = [];
  let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, EncodingType: 'url', ...marker }));
    for (const { Key = '', VersionId: versionId = '', ETag = '', LastModified = new Date(0) } of page.Versions ?? []) {
      const key = decodedKey(Key);
      const id = dropId({ versionId, etag: ETag.replaceAll('"', ''), lastModified: LastModified });
      versions.push({ key, id, tags: await tagsOf(s3, bucket, key, versionId) });
    }
    if (!page.IsTruncated) return versions;
    marker = { KeyMarker: decodedKey(page.NextKeyMarker ?? ''), VersionIdMarker: page.NextVersionIdMarker };
  }
}

async function keysIn(s3: S3Client, Bucket: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket })) {
    keys.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
  }
  return keys;
}

async function tagsOf(s3: S3Client, Bucket: string, Key: string, VersionId: string): Promise<Version['tags']> {
  const { TagSet: tags = [] } = await s3.send(new GetObjectTaggingCommand({ Bucket, Key, VersionId }));
  return Object.fromEntries(tags.map(({ Key: name = '', Value: value = '' }) => [name, value]));
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

/** Targets of one service have the same images, which are read once. */
async function surveyedClouds(
  clouds: readonly ChaosCloud[],
  before: ReadonlySet<string>,
): Promise<readonly SurveyedCloud[]> {
  const services = new Map<string, SurveyedCloud['images']>();
  const surveyed: SurveyedCloud[] = [];
  for (const cloud of clouds) {
    const images = services.get(cloud.target.kind) ?? (await imagesOf(cloud, before));
    services.set(cloud.target.kind, images);
    surveyed.push({ cloud, images });
  }
  return surveyed;
}

/** Its images but those that were there before the run, with the bytes of those that are active. */
async function imagesOf(cloud: ChaosCloud, before: ReadonlySet<string>): Promise<SurveyedCloud['images']> {
  const images: SurveyedCloud['images'][number][] = [];
  for (const image of await cloud.images()) {
    if (before.has(image.id)) continue;
    images.push(image.status === 'active' ? { ...image, content: await cloud.content(image.id) } : image);
  }
  return images;
}
