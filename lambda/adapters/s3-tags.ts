import { GetObjectTaggingCommand, PutObjectTaggingCommand, type S3Client, type Tag } from '@aws-sdk/client-s3';
import { ImageDropError } from '../model/errors.ts';
import type { ObjectRef, StepLog, TaggingStore } from '../steps/ports.ts';
import { awsUnavailable, isNoSuchKey } from './aws-errors.ts';
import { s3Objects } from './s3-objects.ts';

/** Amazon S3 user guide, "Categorizing your objects using tags"; lengths are counted in UTF-16. */
const MAX_TAGS = 10;
const MAX_KEY_CHARACTERS = 128;
const MAX_VALUE_CHARACTERS = 256;
const NOT_ALLOWED = /[^\p{L}\p{N} +\-=._:/@]/gu;

/** The drop bucket for those who write the outcome on its objects. */
export function taggedObjects(client: S3Client, log: StepLog): TaggingStore {
  return { ...s3Objects(client), tag: (ref, tags) => tagObject(client, ref, tags, log) };
}

/**
 * Adds to the tags of an object. S3 replaces the whole set, so the others are read and written again. Characters that
 * tags may not have become `_`; where the tags of others leave no room, ours are left out and the log says so.
 * @throws `object-gone`, `aws-unavailable`
 */
async function tagObject(
  client: S3Client,
  ref: ObjectRef,
  tags: Readonly<Record<string, string>>,
  log: StepLog,
): Promise<void> {
  try {
    await addTags(client, ref, tags, log);
  } catch (cause) {
    const url = `s3://${ref.bucket}/${ref.key}`;
    if (isNoSuchKey(cause)) throw new ImageDropError('object-gone', `${url} is gone.`, { cause });
    throw awsUnavailable(`${url} could not be tagged`, cause);
  }
}

async function addTags(
  client: S3Client,
  ref: ObjectRef,
  tags: Readonly<Record<string, string>>,
  log: StepLog,
): Promise<void> {
  const object = { Bucket: ref.bucket, Key: ref.key, VersionId: ref.versionId };
  const ours: Tag[] = Object.entries(tags).map(([key, value]) => ({
    Key: allowed(key, MAX_KEY_CHARACTERS),
    Value: allowed(value, MAX_VALUE_CHARACTERS),
  }));
  const { TagSet: present = [] } = await client.send(new GetObjectTaggingCommand(object));
  const others = present.filter(({ Key: key }) => !ours.some((own) => own.Key === key));
  if (others.length + ours.length > MAX_TAGS) {
    const { bucket, key, versionId } = ref;
    log.warn('no room for our tags on the object', { bucket, key, dropId: versionId, present: present.length });
    return;
  }
  await client.send(new PutObjectTaggingCommand({ ...object, Tagging: { TagSet: [...others, ...ours] } }));
}

/** Cut first: half a character at the end is replaced with what is not allowed. */
function allowed(text: string, maxCharacters: number): string {
  return text.slice(0, maxCharacters).replace(NOT_ALLOWED, '_');
}
