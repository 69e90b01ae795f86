import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { type ImsSettings, refusal } from './ims-settings.ts';
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

/** urllib.request, HTTPRedirectHandler: max_redirections. */
const MAX_REDIRECTS = 10;

/** As urllib, by which Glance downloads, takes an address apart: the part behind the host is sent unchanged. */
const ADDRESS = /^https?:\/\/[^/?#]*([^#]*)/i;

/**
 * The content of an address. Unlike `fetch` it sends the path as it is written: in a key of an object `..` is two dots, and
 * the signature of a presigned URL says so.
 * @throws Error when the answer is not a success
 */
export async function openWebSource(
  address: string,
  signal: AbortSignal,
  redirects = MAX_REDIRECTS,
): Promise<IncomingMessage> {
  const answer = await get(address, signal);
  const { statusCode: status = 0, headers } = answer;
  if (status >= 200 && status < 300) return answer;
  answer.destroy();
  const isMoved = status >= 300 && status < 400 && headers.location !== undefined;
  if (!isMoved || redirects === 0) throw new Error(`The source answered with ${status}.`);
  return await openWebSource(new URL(headers.location ?? '', address).href, signal, redirects - 1);
}

function get(address: string, signal: AbortSignal): Promise<IncomingMessage> {
  const url = new URL(address);
  const [, path = ''] = ADDRESS.exec(address) ?? [];
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const options = { path: path.startsWith('/') ? path : `/${path}`, signal, agent: false };
    // A stream that breaks before it is read gives the error to its later reader.
    const whenAnswered = (answer: IncomingMessage) => resolve(answer.on('error', () => {}));
    request(url, options, whenAnswered).on('error', reject).end();
  });
}
