import type { IncomingMessage } from 'node:http';
import { request } from 'undici';
import { UiError } from './ui-error.ts';

/**
 * Streams the body of a request to a presigned URL, for buckets that do not take parts from a page itself.
 * @throws UiError with the words of S3
 */
export async function passThrough(incoming: IncomingMessage, url: string): Promise<void> {
  const length = incoming.headers['content-length'];
  if (length === undefined) throw new UiError(411, 'bad-request', 'The body has no content-length.');
  const answer = await request(url, {
    method: 'PUT',
    body: incoming,
    headers: { 'content-length': length },
    // Until the last byte is sent nothing is answered: a part may take its time on a thin line.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const text = await answer.body.text();
  if (answer.statusCode === 200) return;
  const [, why = `HTTP ${answer.statusCode}`] = /<Message>([^<]*)<\/Message>/.exec(text) ?? [];
  throw new UiError(502, 'part-refused', `S3 did not take a part: ${why}`);
}
