import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { Api } from './api.ts';
import { Guard } from './guard.ts';
import { jsonBody, replyError, replyJson, textIn } from './reply.ts';
import type { UiStack } from './stack.ts';
import { staticFile } from './static-files.ts';
import { UiError } from './ui-error.ts';

export interface UiServer {
  /** With the token: anyone who has it may do all that the page can. */
  readonly url: string;
  /** Called when a browser has shown the token. */
  onSession(listener: () => void): void;
  /** Ends it, and gives up uploads that are under way. @returns what could not be given up */
  close(): Promise<readonly unknown[]>;
}

/** Never another: the page is only for users of this machine. */
const HOST = '127.0.0.1';

/** Longer than clients keep an idle connection: the server must not close one that just gets a request. */
const KEEP_ALIVE_MS = 75_000;

/**
 * Serves the page of a stack on loopback.
 * @param port 0 for any free one
 * @throws EADDRINUSE and its like
 */
export async function startUiServer(stack: UiStack, port: number): Promise<UiServer> {
  // Parts of large files take long on a slow line.
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS });
  await listen(server, port);
  const guard = new Guard((server.address() as AddressInfo).port);
  const site = new Site(guard, new Api(stack), await uploadOrigin(stack));
  server.on('request', (request, response) => void site.answer(request, response));
  return {
    // Behind the #, so that the token is in no request line and no log.
    url: `http://${HOST}:${(server.address() as AddressInfo).port}/#token=${guard.token}`,
    onSession: (listener) => site.sessions.add(listener),
    close: () => close(server, site),
  };
}

/** Page, session and API behind one guard. */
class Site {
  readonly api: Api;
  readonly sessions = new Set<() => void>();
  readonly #guard: Guard;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(guard: Guard, api: Api, origin: string) {
    this.#guard = guard;
    this.api = api;
    this.#headers = securityHeaders(origin);
  }

  /** Never rejects: what goes wrong ends in the answer, or with the connection. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(this.#headers)) response.setHeader(name, value);
    try {
      await this.#answer(request, response);
    } catch (error) {
      replyError(response, error);
    }
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', headers } = incoming;
    const asked = { method, headers };
    this.#guard.checkOrigin(asked);
    const url = new URL(incoming.url ?? '/', `http://${HOST}`);
    if (!url.pathname.startsWith('/api/')) return this.#file(method, url.pathname, response);
    if (url.pathname === '/api/session' && method === 'POST') return this.#begin(incoming, response);
    this.#guard.checkSession(asked);
    return this.api.answer(incoming, response, url);
  }

  /** The page itself is not secret: it is what can be read in the package. */
  async #file(method: string, path: string, response: ServerResponse): Promise<void> {
    const file = method === 'GET' ? await staticFile(path) : undefined;
    if (file === undefined) throw new UiError(404, 'not-found', `There is no ${method} ${path}.`);
    response.writeHead(200, { 'content-type': file.type, 'cache-control': 'no-cache' });
    response.end(file.body);
  }

  async #begin(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { cookie, key } = this.#guard.begin(textIn(await jsonBody(incoming), 'token'));
    for (const listener of this.sessions) listener();
    replyJson(response, 200, { key }, { 'set-cookie': cookie });
  }
}

/** Where presigned URLs of the drop bucket lead to. */
async function uploadOrigin({ s3, dropBucket }: UiStack): Promise<string> {
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: dropBucket, Key: 'x' }));
  return new URL(url).origin;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function close(server: Server, { api }: Site): Promise<readonly unknown[]> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  const left = await api.stop();
  await closed;
  return left;
}

/**
 * The security headers of every answer: the browser runs only scripts of this server, and shows the page in no frame.
 * @param uploadOrigin where parts go straight to
 */
function securityHeaders(uploadOrigin: string): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${uploadOrigin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    // The one place that makes HTML of text is lit-html, of its own templates.
    "require-trusted-types-for 'script'",
    'trusted-types lit-html',
  ];
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  };
}
