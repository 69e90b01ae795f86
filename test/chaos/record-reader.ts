import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { isRecordKey } from '../../lambda/model/drop.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { isSettled } from '../../lambda/model/record-changes.ts';
import { decodedKey } from './decoded-key.ts';

interface Seen {
  readonly etag: string;
  readonly record: DropRecord;
}

/** All records of a bucket, each read again only when it has changed. */
export class RecordReader {
  readonly bucket: string;
  readonly #s3: S3Client;
  #seen = new Map<string, Seen>();

  constructor(s3: S3Client, bucket: string) {
    this.#s3 = s3;
    this.bucket = bucket;
  }

  async all(): Promise<ReadonlyMap<string, DropRecord>> {
    const found = new Map<string, Seen>();
    let token: string | undefined;
    do {
      const page = await this.#s3.send(
        new ListObjectsV2Command({ Bucket: this.bucket, ContinuationToken: token, EncodingType: 'url' }),
      );
      for (const { Key = '', ETag: etag = '' } of page.Contents ?? []) {
        const key = decodedKey(Key);
        if (!isRecordKey(key)) continue;
        const seen = this.#seen.get(key);
        found.set(key, seen?.etag === etag ? seen : { etag, record: await this.#read(key) });
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
    this.#seen = found;
    return new Map([...found].map(([key, { record }]) => [key, record]));
  }

  /** How many records nothing happens to any more. */
  async over(): Promise<number> {
    const records = [...(await this.all()).values()];
    return records.filter((record) => isSettled(record) && record.announcedAt !== undefined).length;
  }

  async #read(key: string): Promise<DropRecord> {
    const { Body: body } = await this.#s3.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
    return JSON.parse((await body?.transformToString()) ?? '');
  }
}
