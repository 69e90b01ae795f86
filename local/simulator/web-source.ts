import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

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
