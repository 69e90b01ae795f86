import { GetObjectTaggingCommand, PutObjectTaggingCommand, type S3Client, type Tag } from '@aws-sdk/client-s3';
import { SETTLED_TAG } from '../model/drop.ts';
import { ImageDropError } from '../model/errors.ts';
import type { ObjectRef, TaggingStore } from '../steps/ports.ts';
import { answerOf, awsUnavailable, isNoSuchKey, statusOf } from './aws-errors.ts';
import { s3Objects } from './s3-objects.ts';

/** Amazon S3 user guide, "Categorizing your objects using tags"; lengths are counted in UTF-16. */
const MAX_TAGS = 10;
const MAX_KEY_CHARACTERS = 128;
const MAX_VALUE_CHARACTERS = 256;
const NOT_ALLOWED = /[^\p{L}\p{N} +\-=._:/@]/gu;

/** The drop bucket for those who write the outcome on its objects. */
export function taggedObjects(client: S3Client): TaggingStore {
  return { ...s3Objects(client), tag: (ref, tags) => tagObject(client, ref, tags) };
}

/** A policy forbids it, or the storage has no tags: no retry changes that. */
const REFUSED = [403, 501];

/**
 * Adds to the tags of an object. S3 replaces the whole set, so the others are read and written again. Characters that
 * tags may not have become `_`.
 */
async function tagObject(client: S3Client, ref: ObjectRef, tags: Readonly<Record<string, string>>) {
  const url = `s3://${ref.bucket}/${ref.key}`;
  try {
    return await addTags(client, ref, tags);
  } catch (cause) {
    if (isNoSuchKey(cause)) throw new ImageDropError('object-gone', `${url} is gone.`, { cause });
    const failed = `${url} could not be tagged`;
    if (REFUSED.includes(statusOf(cause) ?? 0)) return `${failed}: ${answerOf(cause)}.`;
    throw awsUnavailable(failed, cause);
  }
}

async function addTags(
  client: S3Client,
  ref: ObjectRef,
  tags: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const object = { Bucket: ref.bucket, Key: ref.key, VersionId: ref.versionId };
  const ours: Tag[] = Object.entries(tags).map(([key, value]) => ({
    Key: allowed(key, MAX_KEY_CHARACTERS),
    Value: allowed(value, MAX_VALUE_CHARACTERS),
  }));
  const { TagSet: present = [] } = await client.send(new GetObjectTaggingCommand(object));
  // A drop that is under way again, or has failed, must lose its mark.
  const isMark = ({ Key: key, Value: value }: Tag) => key === 'imagedrop' && value === SETTLED_TAG.imagedrop;
  const others = present.filter((tag) => !isMark(tag) && !ours.some((own) => own.Key === tag.Key));
  if (others.length + ours.length > MAX_TAGS) {
    const url = `s3://${ref.bucket}/${ref.key}`;
    return `${url} has ${others.length} other tags, and S3 allows ${MAX_TAGS}: there is no room for ${ours.length}.`;
  }
  await client.send(new PutObjectTaggingCommand({ ...object, Tagging: { TagSet: [...others, ...ours] } }));
  return undefined;
}

/** Cut first: half a character at the end is replaced with what is not allowed. */
function allowed(text: string, maxCharacters: number): string {
  return text.slice(0, maxCharacters).replace(NOT_ALLOWED, '_');
}
