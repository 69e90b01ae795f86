import { createReadStream } from 'node:fs';
import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { LocalFile } from '../local-files.ts';

/** Amazon S3 user guide, "Amazon S3 multipart upload limits". */
const MAX_PARTS = 10_000;
/** Parts wait in memory for their turn, so they are small where the file allows it. */
const USUAL_PART_BYTES = 8 * 2 ** 20;
const PARTS_AT_A_TIME = 3;

/** @returns the version that the drop became */
export async function dropFile(client: S3Client, bucket: string, file: LocalFile): Promise<string> {
  const partSize = Math.max(USUAL_PART_BYTES, Math.ceil(file.size / MAX_PARTS));
  const params = { Bucket: bucket, Key: file.key, Body: createReadStream(file.path, { highWaterMark: 2 ** 20 }) };
  const upload = new Upload({ client, partSize, queueSize: PARTS_AT_A_TIME, params });
  const { VersionId: versionId } = await upload.done();
  if (versionId === undefined) throw new Error(`The bucket ${bucket} gave no version to ${file.key}.`);
  return versionId;
}
