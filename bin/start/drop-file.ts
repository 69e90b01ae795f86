import { createReadStream } from 'node:fs';
import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { LocalFile } from './options.ts';

/** Few enough parts for any file: S3 takes 10,000. */
const PART_BYTES = 64 * 2 ** 20;

/** @returns the version that the drop became */
export async function dropFile(client: S3Client, bucket: string, file: LocalFile): Promise<string> {
  const body = createReadStream(file.path, { highWaterMark: 2 ** 20 });
  const upload = new Upload({ client, partSize: PART_BYTES, params: { Bucket: bucket, Key: file.key, Body: body } });
  const { VersionId: versionId } = await upload.done();
  if (versionId === undefined) throw new Error(`The bucket ${bucket} gave no version to ${file.key}.`);
  return versionId;
}
