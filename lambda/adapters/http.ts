import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { finished } from 'node:stream';
import type { HttpAnswer, HttpClient, HttpRequest } from '../clouds/http.ts';
import { nodeProxies } from '../clouds/proxies.ts';
import { tlsFault, uncheckedWarning } from '../clouds/tls-fault.ts';
import { ImageDropError, messageOf } from '../model/errors.ts';
import type { EndpointAnswer } from '../model/metrics.ts';

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
  /** Called once, when certificates are not checked. */
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

/** Servers close idle connections after 5 seconds or more: a connection must not be used while its server closes it. */
const IDLE_TIMEOUT_MS = 4000;

/** The image of a drop has less than half of it (metadata/resolve.ts); of a longer answer only the beginning is kept. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * A token that lists a catalog and its roles has 17,000 characters and more, and Node.js reads 16 KiB of headers by
 * default. Leaves room for a token of 128 KiB beside the other headers.
 */
const MAX_HEADER_BYTES = 256 * 1024;

type Agents = Readonly<Record<string, HttpAgent>>;

/**
 * A client of the image endpoints. Keeps connections alive between requests. It uses node:http and not undici, because
 * undici closes the connection when a server sends `100 Continue` without being asked, which RFC 9110 section 15.2
 * allows and proxies do. A body that is sent costs the same with both.
 */
export function httpClient(options: HttpOptions = {}): ClosableHttpClient {
  const { name = 'the endpoint', verify = true, warn } = options;
  if (!verify) warn?.(uncheckedWarning(name));
  const agents = agentsFor(options);
  const pending = new Set<Promise<HttpAnswer>>();
  const client: HttpClient = (request) => {
    const answer = exchange(agents, request).finally(() => pending.delete(answer));
    pending.add(answer);
    return answer;
  };
  return Object.assign(client, {
    close: async () => {
      await Promise.allSettled(pending);
      for (const agent of Object.values(agents)) agent.destroy();
    },
  });
}

function agentsFor({ cacert, verify = true, cert, key }: HttpOptions): Agents {
  const shared = { keepAlive: true, timeout: IDLE_TIMEOUT_MS, proxyEnv: nodeProxies() };
  const tls = {
    rejectUnauthorized: verify,
    ...(cacert !== undefined && { ca: cacert }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
  return { 'http:': new HttpAgent(shared), 'https:': new HttpsAgent({ ...shared, ...tls }) };
}

async function exchange(agents: Agents, request: HttpRequest): Promise<HttpAnswer> {
  let sent: ClientRequest | undefined;
  try {
    request.signal?.throwIfAborted();
    sent = begin(agents, request);
    const response = await headOf(send(sent, request.body), request.answerTimeoutMs ?? ANSWER_TIMEOUT_MS);
    const { statusCode: status = 0, headers } = response;
    return { status, headers: flat(headers), ...(await textOf(response)), called: calledBy(request) };
  } catch (error) {
    if (request.signal?.aborted) throw request.signal.reason;
    throw unavailable(request, error);
  } finally {
    release(sent, request.body);
  }
}

function begin(agents: Agents, { method, url, headers, signal }: HttpRequest): ClientRequest {
  const { protocol } = new URL(url);
  const options = {
    method,
    agent: agents[protocol],
    maxHeaderSize: MAX_HEADER_BYTES,
    // Ends a tunnel through a proxy that does not come about.
    timeout: CONNECT_TIMEOUT_MS,
    ...(headers !== undefined && { headers }),
    ...(signal !== undefined && { signal }),
  };
  const request = protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options);
  limitConnecting(request, protocol === 'https:' ? 'secureConnect' : 'connect');
  return request;
}

function limitConnecting(request: ClientRequest, connected: 'connect' | 'secureConnect'): void {
  const timer = setTimeout(() => {
    const error = new Error(`no connection within ${CONNECT_TIMEOUT_MS / 1000} s`);
    request.destroy(Object.assign(error, { code: CONNECT_TIMEOUT }));
  }, CONNECT_TIMEOUT_MS);
  const stop = () => clearTimeout(timer);
  request.once('close', stop);
  request.once('socket', (socket) => {
    if (request.reusedSocket) stop();
    else socket.once(connected, stop);
  });
}

function send(request: ClientRequest, body: HttpRequest['body']): ClientRequest {
  if (body === undefined || typeof body === 'string') return request.end(body);
  finished(body, { writable: false }, (error) => {
    if (error) request.destroy(error);
  });
  return body.pipe(request);
}

/** @param limitMs 0 waits for as long as the signal allows */
function headOf(request: ClientRequest, limitMs: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const timer = limitMs > 0 ? endWhenSilent(request, limitMs) : undefined;
    // An error that comes later belongs to the answer, which reports it itself.
    request.on('error', reject);
    request.once('close', () => clearTimeout(timer));
    request.once('response', (response) => {
      clearTimeout(timer);
      resolve(response);
    });
  });
}

function endWhenSilent(stream: ClientRequest | IncomingMessage, limitMs: number): NodeJS.Timeout {
  return setTimeout(() => stream.destroy(new Error(`nothing was received for ${limitMs / 1000} s`)), limitMs);
}

/** An answer may come before the whole body is sent: then the rest of the body is not wanted. */
function release(request: ClientRequest | undefined, body: HttpRequest['body']): void {
  if (request?.writableFinished === false) request.destroy();
  if (body !== undefined && typeof body !== 'string') body.destroy();
}

/** Without the query, which may have a signature in it, and without a password. */
function calledBy({ method, url }: HttpRequest): string {
  const { origin, pathname } = new URL(url);
  return `${method} ${origin}${pathname}`;
}

function flat(headers: IncomingMessage['headers']): HttpAnswer['headers'] {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : value,
  ]);
  return Object.fromEntries(entries);
}

async function textOf(response: IncomingMessage): Promise<Pick<HttpAnswer, 'text' | 'isCut'>> {
  const silence = endWhenSilent(response, ANSWER_TIMEOUT_MS);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      silence.refresh();
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) break;
    }
  } finally {
    clearTimeout(silence);
  }
  const text = Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString();
  return bytes > MAX_ANSWER_BYTES ? { text, isCut: true } : { text };
}

const CONNECT_TIMEOUT = 'CONNECT_TIMEOUT';

/** No connection came about, so no image had to do with it. */
const NOT_REACHED: readonly unknown[] = [
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_PROXY_TUNNEL',
  CONNECT_TIMEOUT,
];

const isAway = (error: unknown): boolean => NOT_REACHED.includes((error as NodeJS.ErrnoException).code);

function unavailable(request: HttpRequest, error: unknown): ImageDropError {
  const { host } = new URL(request.url);
  const reason = messageOf(error) || (error as NodeJS.ErrnoException).code;
  const message = `${calledBy(request)} had no answer: ${reason}.`;
  return (
    tlsFault(host, error) ??
    new ImageDropError('endpoint-unavailable', message, { cause: error, wholeTarget: isAway(error) })
  );
}

export interface HttpObserver {
  /** The target that is talked to. */
  readonly target: string;
  /** Called for each answer, and for each request without one. */
  readonly count: (answer: EndpointAnswer) => void;
  readonly debug: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Milliseconds; only differences count. @default performance.now */
  readonly clock?: () => number;
}

/** A client whose answers are counted, timed and, at the level DEBUG, logged: without queries, headers and bodies. */
export function measuredHttp(client: HttpClient, observer: HttpObserver): HttpClient {
  const { target, count, debug, clock = () => performance.now() } = observer;
  return async (request) => {
    const beganAt = clock();
    const observe = (status: number | undefined): void => {
      const call = request.call ?? 'discover';
      const answer = { target, call, status, milliseconds: clock() - beganAt };
      count(answer);
      debug('endpoint call', { ...answer, method: request.method, path: pathOf(request) });
    };
    try {
      const answer = await client(request);
      observe(answer.status);
      return answer;
    } catch (error) {
      // A request that we have ended ourselves says nothing of the endpoint.
      if (!request.signal?.aborted) observe(undefined);
      throw error;
    }
  };
}

/** An address may have a password or a signature in it, but not in its path. */
const pathOf = ({ url }: HttpRequest): string | undefined => URL.parse(url)?.pathname;
