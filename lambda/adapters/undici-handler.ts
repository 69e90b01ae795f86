import type { Readable } from 'node:stream';
import { type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { proxiesIn } from '../clouds/proxies.ts';
import type { HandlerOptions } from './aws-clients.ts';

/** What the SDK asks of an HTTP handler, as much of it as calls of AWS need. */
interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array | Readable;
}

interface SdkOptions {
  readonly abortSignal?: AbortSignal;
}

/**
 * Takes requests of an AWS client by undici. Node.js' own HTTP, which the SDK uses by default, copies each chunk that it
 * reads, which costs as much CPU time again as reading it (docs/performance.md). What has no answer fails with what the
 * SDK tries again.
 */
export function undiciHandler({ connections, connectMs, answerMs, silenceMs, tls }: HandlerOptions) {
  const connect = { timeout: connectMs, ...tls };
  const agent = new EnvHttpProxyAgent({
    ...proxiesIn(),
    allowH2: false,
    connections,
    connect,
    // Through a proxy: the server's certificate is checked as without one.
    requestTls: connect,
    connectTimeout: connectMs,
    headersTimeout: answerMs,
    bodyTimeout: silenceMs,
  });
  return {
    handle: (request: SdkRequest, options: SdkOptions = {}) => exchange(agent, request, options.abortSignal),
    destroy: () => void agent.destroy(),
  };
}

async function exchange(agent: Dispatcher, request: SdkRequest, signal?: AbortSignal) {
  const { protocol, hostname, port, path, method, headers, body } = request;
  try {
    const answer = await agent.request({
      origin: `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`,
      path: `${path}${queryOf(request)}`,
      method,
      headers,
      ...(body !== undefined && { body }),
      ...(signal !== undefined && { signal }),
    });
    return { response: { statusCode: answer.statusCode, headers: flat(answer.headers), body: answer.body } };
  } catch (error) {
    throw retryable(error);
  }
}

/** As the SDK has signed it. */
function queryOf({ query = {} }: SdkRequest): string {
  const parts = Object.entries(query).flatMap(([name, value]) => {
    const values = typeof value === 'string' ? [value] : (value ?? [undefined]);
    return values.map((one) => (one === undefined ? escaped(name) : `${escaped(name)}=${escaped(one)}`));
  });
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

/** RFC 3986, section 2.3: encodeURIComponent leaves five more characters than the unreserved ones. */
const escaped = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

function flat(headers: Readonly<Record<string, string | readonly string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

/** A connection that did not come about or broke, and an answer that stayed away (undici, lib/core/errors.js). */
const WITHOUT_ANSWER: readonly unknown[] = ['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_SOCKET'];

/** By this name the SDK knows what may be tried again; errors of the system it knows by their code. */
function retryable(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (!WITHOUT_ANSWER.includes(code)) return error;
  return Object.assign(new Error(message, { cause: error }), { name: 'TimeoutError' });
}
