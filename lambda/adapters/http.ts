import type { Dispatcher } from 'undici';
import type { HttpAnswer, HttpClient, HttpRequest } from '../endpoints/endpoint.ts';
import { ImageDropError, messageOf } from '../model/errors.ts';
import { tlsFault } from './tls-fault.ts';
import { uncheckedWarning } from './unchecked-warning.ts';
import { Agent } from './undici-agent.ts';

export interface HttpOptions {
  /** The cloud that is talked to, for the warning. */
  readonly name?: string;
  /** PEM text of the certificate authorities to trust in place of the usual ones. */
  readonly cacert?: string;
  /** Whether the servers' certificates are checked. @default true */
  readonly verify?: boolean;
  /** PEM text of our own certificate, for servers that ask for one. */
  readonly cert?: string;
  /** PEM text of its private key. */
  readonly key?: string;
  /** Told once, when certificates are not checked. */
  readonly warn?: (message: string) => void;
}

export type ClosableHttpClient = HttpClient & {
  /** Closes the connections once the requests under way are answered. */
  close(): Promise<void>;
};

/** Near enough to be there, or not to be reached in this try. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Image services answer within seconds; half a minute is long enough for a DELETE that keeps one busy, and leaves a
 * function of 60 seconds the time to say so.
 */
const ANSWER_TIMEOUT_MS = 30_000;

/** The image of a drop has less than half of it (metadata/settle.ts); of a longer answer only the beginning is kept. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** A client of the image endpoints, on undici. Keeps connections alive between requests. */
export function httpClient(options: HttpOptions = {}): ClosableHttpClient {
  const { name = 'the endpoint', cacert, verify = true, cert, key, warn } = options;
  if (!verify) warn?.(uncheckedWarning(name));
  const agent = new Agent({
    // HTTP/2 moves one body at half the speed of HTTP/1.1.
    allowH2: false,
    connect: {
      timeout: CONNECT_TIMEOUT_MS,
      rejectUnauthorized: verify,
      ...(cacert !== undefined && { ca: cacert }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
    },
  });
  const client: HttpClient = (request) => exchange(agent, request);
  return Object.assign(client, { close: () => agent.close() });
}

async function exchange(agent: Agent, request: HttpRequest): Promise<HttpAnswer> {
  try {
    const { origin, pathname, search } = new URL(request.url);
    const answer = await agent.request({
      origin,
      path: `${pathname}${search}`,
      method: request.method,
      headersTimeout: request.answerTimeoutMs ?? ANSWER_TIMEOUT_MS,
      bodyTimeout: ANSWER_TIMEOUT_MS,
      ...(request.headers !== undefined && { headers: request.headers }),
      ...(request.body !== undefined && { body: request.body }),
      ...(request.signal !== undefined && { signal: request.signal }),
    });
    return { status: answer.statusCode, headers: flat(answer.headers), ...(await textOf(answer.body)) };
  } catch (error) {
    if (request.signal?.aborted) throw request.signal.reason;
    throw unavailable(request, error);
  }
}

function flat(headers: Dispatcher.ResponseData['headers']): HttpAnswer['headers'] {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : value,
  ]);
  return Object.fromEntries(entries);
}

async function textOf(body: AsyncIterable<Buffer>): Promise<Pick<HttpAnswer, 'text' | 'isCut'>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) break;
  }
  const text = Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString();
  return bytes > MAX_ANSWER_BYTES ? { text, isCut: true } : { text };
}

/** No connection came about, so no image had to do with it. */
const NOT_REACHED: readonly unknown[] = [
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
];

const isAway = (error: unknown): boolean => NOT_REACHED.includes((error as NodeJS.ErrnoException).code);

function unavailable({ method, url }: HttpRequest, error: unknown): ImageDropError {
  const host = URL.parse(url)?.host ?? url;
  const reason = messageOf(error) || (error as NodeJS.ErrnoException).code;
  const message = `${method} to ${host} had no answer: ${reason}.`;
  return (
    tlsFault(host, error) ??
    new ImageDropError('endpoint-unavailable', message, { cause: error, wholeTarget: isAway(error) })
  );
}
