import { GetObjectTaggingCommand, PutObjectTaggingCommand, type S3Client, type Tag } from '@aws-sdk/client-s3';
import type { ObjectRef, StepLog } from '../steps/ports.ts';

/** Amazon S3 user guide, "Categorizing your objects using tags". */
const MAX_TAGS = 10;
const MAX_KEY_CHARACTERS = 128;
const MAX_VALUE_CHARACTERS = 256;
const NOT_ALLOWED = /[^\p{L}\p{N} +\-=._:/@]/gu;

/** Adds to the tags of an object. S3 replaces the whole set, so the others are read and written again. */
export async function tagObject(
  client: S3Client,
  ref: ObjectRef,
  tags: Readonly<Record<string, string>>,
  log: StepLog,
): Promise<void> {
  const object = { Bucket: ref.bucket, Key: ref.key, VersionId: ref.versionId };
  const ours = Object.entries(tags).map(([key, value]) => ({
    Key: allowed(key, MAX_KEY_CHARACTERS),
    Value: allowed(value, MAX_VALUE_CHARACTERS),
  }));
  const { TagSet: present = [] } = await client.send(new GetObjectTaggingCommand(object));
  const others = present.filter(({ Key: key }) => !ours.some((own) => own.Key === key));
  if (others.length + ours.length > MAX_TAGS) {
    log.warn('no room for our tags on the object', { bucket: ref.bucket, key: ref.key, present: present.length });
    return;
  }
  const set: Tag[] = [...others, ...ours];
  await client.send(new PutObjectTaggingCommand({ ...object, Tagging: { TagSet: set } }));
}

function allowed(text: string, maxCharacters: number): string {
  return text.replace(NOT_ALLOWED, '_').slice(0, maxCharacters);
}
