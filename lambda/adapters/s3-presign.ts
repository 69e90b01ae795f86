import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { ObjectRef, SharingStore } from '../steps/ports.ts';
import { s3Objects } from './s3-objects.ts';

/** The drop bucket for those who let others read it. */
export function sharedObjects(client: S3Client): SharingStore {
  return { ...s3Objects(client), presign: (ref, seconds) => presignObject(client, ref, seconds) };
}

/**
 * A URL by which whoever has it can read one version of one object (Amazon S3, "Sharing objects with presigned URLs").
 * It ends with the credentials that signed it, should those end sooner.
 */
function presignObject(client: S3Client, ref: ObjectRef, seconds: number): Promise<string> {
  const command = new GetObjectCommand({ Bucket: ref.bucket, Key: ref.key, VersionId: ref.versionId });
  return getSignedUrl(client, command, { expiresIn: seconds });
}
