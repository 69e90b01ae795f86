import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import { pipeline, Readable } from 'node:stream';
import type { HttpAnswer, HttpClient, HttpRequest } from '../endpoints/endpoint.ts';
import { ImageDropError, messageOf } from '../model/errors.ts';
import { tlsFault } from './tls-fault.ts';
import { uncheckedWarning } from './unchecked-warning.ts';

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
  /** Closes the connections. */
  close(): Promise<void>;
};

/** Near enough to be there, or not to be reached in this try. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Image services answer within seconds; half a minute is long enough for a DELETE that keeps one busy, and leaves a
 * function of 60 seconds the time to say so.
 */
const ANSWER_TIMEOUT_MS = 30_000;

/** No document of an Image API is larger; what is beyond is some other page, and its beginning says so. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Servers keep a free connection for five seconds and more: one that is older may be closing just now. */
const KEPT_FREE_MS = 4000;

/**
 * A client of the image endpoints. Keeps connections alive between requests. It is made of Node.js' own HTTP: undici is
 * half of a bundle, and moves a body no faster (docs/performance.md).
 */
export function httpClient(options: HttpOptions = {}): ClosableHttpClient {
  const { name = 'the endpoint', cacert, verify = true, cert, key, warn } = options;
  if (!verify) warn?.(uncheckedWarning(name));
  const kept = { keepAlive: true, timeout: KEPT_FREE_MS };
  const agents: Agents = {
    'http:': new Agent(kept),
    'https:': new TlsAgent({
      ...kept,
      rejectUnauthorized: verify,
      ...(cacert !== undefined && { ca: cacert }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
    }),
  };
  const client: HttpClient = (request) => exchange(agents, request);
  const close = async () => {
    for (const agent of Object.values(agents)) agent.destroy();
  };
  return Object.assign(client, { close });
}

interface Agents {
  readonly 'http:': Agent;
  readonly 'https:': TlsAgent;
}

async function exchange(agents: Agents, request: HttpRequest): Promise<HttpAnswer> {
  let outgoing: ClientRequest | undefined;
  try {
    outgoing = begin(agents, request);
    const answer = await answerTo(outgoing, request);
    return { status: answer.statusCode ?? 0, headers: flat(answer.headers), text: await textOf(answer) };
  } catch (error) {
    if (request.signal?.aborted) throw request.signal.reason;
    throw unavailable(request, error);
  } finally {
    // An answer that comes before the end of the body ends the sending of it.
    if (outgoing?.writableFinished === false) outgoing.destroy();
    if (request.body instanceof Readable) request.body.destroy();
  }
}

function begin(agents: Agents, { url, method, headers = {}, body, signal }: HttpRequest): ClientRequest {
  const { protocol } = new URL(url);
  const options = { method, headers, ...(signal !== undefined && { signal }) };
  const outgoing =
    protocol === 'https:'
      ? httpsRequest(url, { ...options, agent: agents[protocol] })
      : httpRequest(url, { ...options, agent: agents['http:'] });
  // Whichever of the two fails takes the other with it; the request says why.
  if (body instanceof Readable) pipeline(body, outgoing, () => {});
  else outgoing.end(body);
  return outgoing;
}

/** Waits for the head of the answer. */
function answerTo(outgoing: ClientRequest, { answerTimeoutMs = ANSWER_TIMEOUT_MS }: HttpRequest) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const within = (milliseconds: number, late: () => Error) => {
      clearTimeout(timer);
      timer = milliseconds === 0 ? undefined : setTimeout(() => outgoing.destroy(late()), milliseconds);
    };
    outgoing.once('error', reject);
    outgoing.once('close', () => clearTimeout(timer));
    outgoing.once('socket', (socket) => {
      const waitForAnswer = () => within(answerTimeoutMs, () => tooLate('no answer came', answerTimeoutMs));
      if (!socket.connecting) return waitForAnswer();
      within(CONNECT_TIMEOUT_MS, () => tooLate('no connection came about', CONNECT_TIMEOUT_MS, CONNECT_TIMEOUT));
      socket.once('encrypted' in socket ? 'secureConnect' : 'connect', waitForAnswer);
    });
    outgoing.once('response', (answer) => {
      clearTimeout(timer);
      answer.setTimeout(ANSWER_TIMEOUT_MS, () => answer.destroy(tooLate('the answer stood still', ANSWER_TIMEOUT_MS)));
      resolve(answer);
    });
  });
}

const CONNECT_TIMEOUT = 'ERR_CONNECT_TIMEOUT';

function tooLate(what: string, milliseconds: number, code = 'ERR_ANSWER_TIMEOUT'): Error {
  return Object.assign(new Error(`${what} within ${milliseconds / 1000} s`), { code });
}

function flat(headers: IncomingMessage['headers']): HttpAnswer['headers'] {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : value,
  ]);
  return Object.fromEntries(entries);
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString();
}

/** No connection came about, so no image had to do with it. */
const NOT_REACHED: readonly unknown[] = [
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  CONNECT_TIMEOUT,
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
