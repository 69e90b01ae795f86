import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Answer, type Call, ClientGone, Fault, type Service } from './http.ts';

/** Longer than any client keeps an idle connection, so that none is closed under a request that is just being sent. */
const KEEP_ALIVE_MS = 75_000;

/** An HTTP server with several services, each below its own base path. */
export class CloudServer {
  readonly #services: readonly Service[];
  readonly #underWay = new Set<Promise<void>>();
  readonly #server = createServer(
    // An upload takes as long as it takes; a token of IMS is larger than the 16 KiB of headers that Node.js reads.
    { requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS, maxHeaderSize: 256 * 1024 },
    (request, response) => this.#track(this.#serve(request, response, false)),
  );

  constructor(services: readonly Service[]) {
    this.#services = services;
    this.#server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
      this.#track(this.#serve(request, response, true)),
    );
  }

  async listen(port: number, host: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, host, resolve);
    });
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The server is not listening.');
    const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    return `http://${host}:${address.port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
    await Promise.all(this.#underWay);
    await Promise.all(this.#services.map((service) => service.close?.()));
  }

  #track(work: Promise<void>): void {
    this.#underWay.add(work);
    work.finally(() => this.#underWay.delete(work));
  }

  async #serve(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): Promise<void> {
    const url = URL.parse(request.url ?? '/', this.url);
    const service = this.#services.find(({ basePath }) => `${url?.pathname}/`.startsWith(`${basePath}/`));
    if (url === null || service === undefined) return send({ status: 404 }, request, response);
    const call = callOf(request, url, `${this.url}${service.basePath}`, () => {
      if (awaitsContinue) response.writeContinue();
    });
    const answer = await answerOf(service, call);
    if (answer !== undefined) await send(answer, request, response);
  }
}

/** The one way from a request to its answer. Undefined when the client has gone. */
async function answerOf(service: Service, call: Call): Promise<Answer | undefined> {
  try {
    return await service.handle(call);
  } catch (thrown) {
    if (thrown instanceof ClientGone) return undefined;
    const fault = thrown instanceof Fault ? thrown : new Fault(500, `Error in the simulator: ${thrown}`);
    return service.refuse(fault, call);
  }
}

function callOf(request: IncomingMessage, url: URL, serviceUrl: string, beforeBody: () => void): Call {
  const base = new URL(serviceUrl).pathname;
  return {
    method: request.method ?? 'GET',
    path: decoded(url.pathname.slice(base.length)) || '/',
    query: url.searchParams,
    params: {},
    serviceUrl,
    requestId: request.headers['x-openstack-request-id']?.toString() || `req-${randomUUID()}`,
    header: (name) => request.headers[name]?.toString(),
    body: () => {
      beforeBody();
      return request;
    },
  };
}

/** A path with an invalid encoding names nothing; it is used unchanged, and not found. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

async function send(answer: Answer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume(); // what is left of the body: the connection can serve the next request only after it
  if (!(answer.body instanceof Readable)) {
    const length = answer.body === undefined ? {} : { 'content-length': Buffer.byteLength(answer.body) };
    response.writeHead(answer.status, { ...answer.headers, ...length }).end(answer.body);
    return;
  }
  response.writeHead(answer.status, answer.headers);
  try {
    await pipeline(answer.body, response);
  } catch {
    response.destroy(); // a cut connection is how HTTP says that the rest is missing
  }
}
