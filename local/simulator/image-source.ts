import { refusal } from './ims-refusal.ts';
import type { ImsSettings } from './ims-settings.ts';
import type { ObsClient, SourceObject } from './obs-client.ts';

/**
 * The object that an image_url, "bucket:object", names, with all that IMS asks of it before it accepts a job.
 * @param maxBytes the size up to which it is taken
 * @throws Fault IMG.0001 malformed, IMG.0175 spaces, IMG.0058 another region, IMG.0057 missing, forbidden or empty,
 * IMG.0059 too large, IMG.0061 when object storage does not answer
 */
export async function sourceOf(
  imageUrl: unknown,
  obs: ObsClient | undefined,
  { foreignBuckets, maxBytes }: Pick<ImsSettings, 'foreignBuckets'> & { readonly maxBytes: number },
): Promise<SourceObject> {
  const [, bucket, key] = /^([^:]+):(.+)$/s.exec(typeof imageUrl === 'string' ? imageUrl : '') ?? [];
  if (bucket === undefined || key === undefined) {
    throw refusal('IMG.0001', 'The image_url is not of the form bucket:object.');
  }
  if (key.includes(' ')) throw refusal('IMG.0175', 'The folder name and image file name cannot contain spaces.');
  if (foreignBuckets.includes(bucket)) throw refusal('IMG.0058', `The bucket ${bucket} is in another region.`);
  if (obs === undefined) {
    throw refusal('IMG.0057', 'The simulator was started without object storage (its option obs): no file is there.');
  }
  const source = await obs.find(bucket, key);
  if (source === undefined) throw refusal('IMG.0057', `The image file ${key} is not in ${bucket}, or may not be read.`);
  if (source.size === 0) throw refusal('IMG.0057', `The image file ${key} is empty.`);
  if (source.size <= maxBytes) return source;
  throw refusal('IMG.0059', `The image file ${key} has ${source.size} bytes, more than ${maxBytes}.`);
}
