import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as requestHttp,
  type Server,
  type ServerResponse,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { bodyWith, firstBytes } from './body-fault.ts';
import type { Decide, Fault, FaultyAnswer, FaultyRequest } from './fault.ts';

export interface FaultProxyOptions {
  /** The service itself; a path in it precedes the path of each request. */
  readonly target: string;
  readonly decide: Decide;
  /** Whether the service is to see its own name as Host. Not where the signature of a request covers it. @default false */
  readonly renamesHost?: boolean;
  /** PEM text of the authorities of a target with TLS, in place of the usual ones. */
  readonly ca?: string | undefined;
  /** Whether the certificate of a target with TLS is checked. @default true */
  readonly verify?: boolean | undefined;
}

/** A body up to this size is read before the fault is decided on, so that the decision can depend on it. */
const SMALL_BYTES = 64 * 1024;

/** Headers that concern one connection only (RFC 9110 section 7.6.1). */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'upgrade', 'expect']);

/** A proxy before an HTTP service that damages requests on demand, as networks and services do. */
export class FaultProxy {
  readonly url: string;
  readonly #options: FaultProxyOptions;
  readonly #server: Server;
  readonly #closing = new AbortController();
  #underWay = 0;

  private constructor(server: Server, options: FaultProxyOptions) {
    this.#server = server;
    this.#options = options;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const serve = (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response);
    server.on('request', serve).on('checkContinue', (request, response) => {
      response.writeContinue();
      serve(request, response);
    });
  }

  static async listen(options: FaultProxyOptions): Promise<FaultProxy> {
    const server = createServer({ requestTimeout: 0, keepAliveTimeout: 75_000, maxHeaderSize: 256 * 1024 });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return new FaultProxy(server, options);
  }

  /** Whether a request is under way, and not only kept waiting. */
  get isBusy(): boolean {
    return this.#underWay > 0;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** A client or service that goes away ends as a broken connection: no one else needs the error. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A request that has ended gives its socket away.
    const { socket } = request;
    // The service says what time it is; it may have a clock of its own.
    response.sendDate = false;
    this.#underWay += 1;
    try {
      const body = isSmall(request) ? await buffer(request) : undefined;
      const seen = seenAs(request, body);
      await this.#carryOut(this.#options.decide(seen), new Exchange(request, response, body, this.#options));
    } catch {
      socket.destroy();
    } finally {
      this.#underWay -= 1;
    }
  }

  async #wait(milliseconds: number): Promise<void> {
    this.#underWay -= 1;
    try {
      await sleep(milliseconds, undefined, { signal: this.#closing.signal });
    } finally {
      this.#underWay += 1;
    }
  }

  async #carryOut(fault: Fault | undefined, exchange: Exchange): Promise<void> {
    switch (fault?.how) {
      case 'answer':
        if (fault.afterBody) await exchange.swallow();
        return exchange.answer(fault.answer);
      case 'forget':
        await exchange.served();
        return fault.answer === undefined ? exchange.break() : exchange.answer(fault.answer);
      case 'refuse':
        return exchange.break();
      case 'hang':
        await this.#wait(fault.milliseconds);
        return exchange.break();
      case 'slow':
        await this.#wait(fault.milliseconds);
        return exchange.pass();
      case 'strike':
        if (fault.when === 'after') await exchange.served();
        fault.strike();
        return exchange.break();
      case 'undo': {
        const served = await exchange.served();
        await fault.undo(served);
        return exchange.answer({ ...served, body: served.body.toString(), headers: served.headers });
      }
      default:
        return exchange.pass(fault);
    }
  }
}

/** One request, and what can be done with it. */
class Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #body: Buffer | undefined;
  readonly #options: FaultProxyOptions;
  readonly #socket: Socket;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer | undefined,
    options: FaultProxyOptions,
  ) {
    this.#request = request;
    this.#response = response;
    this.#body = body;
    this.#options = options;
    this.#socket = request.socket;
  }

  break(): void {
    this.#socket.destroy();
  }

  answer({ status, headers = {}, body = '' }: FaultyAnswer): void {
    const length = { 'content-length': String(Buffer.byteLength(body)) };
    this.#response.writeHead(status, { ...headers, ...length });
    this.#response.end(this.#request.method === 'HEAD' ? undefined : body);
    this.#request.resume();
  }

  /** Takes the whole body and keeps nothing of it. */
  async swallow(): Promise<void> {
    if (this.#body === undefined) for await (const _ of this.#request.iterator({ destroyOnReturn: false }));
  }

  /** Passes the request on, and the answer back, as far as the fault lets them. */
  async pass(fault?: Fault): Promise<void> {
    const answer = await this.#forward(fault);
    this.#response.writeHead(answer.statusCode ?? 502, passedOn(answer.rawHeaders));
    if (fault?.how === 'cut-answer') return await this.#cut(answer, fault.afterBytes);
    await pipeline(answer, this.#response);
    this.#request.resume();
  }

  /** What goes by before the cut does arrive: the connection breaks behind it. */
  async #cut(answer: IncomingMessage, afterBytes: number): Promise<void> {
    this.#response.flushHeaders();
    for await (const chunk of firstBytes(answer, afterBytes)) {
      await new Promise((sent) => this.#response.write(chunk, sent));
    }
    this.#socket.destroySoon();
    answer.destroy();
  }

  /** Passes the request on and keeps the answer. */
  async served(): Promise<{ status: number; body: Buffer; headers: Record<string, string> }> {
    const answer = await this.#forward();
    const body = await buffer(answer);
    const { 'content-length': _, 'transfer-encoding': __, connection: ___, ...headers } = answer.headers;
    return { status: answer.statusCode ?? 502, body, headers: headers as Record<string, string> };
  }

  async #forward(fault?: Fault): Promise<IncomingMessage> {
    const { target, renamesHost = false, ca, verify = true } = this.#options;
    const url = new URL(target);
    const path = url.pathname.replace(/\/$/, '') + (this.#request.url ?? '/');
    const headers = passedOn(this.#request.rawHeaders, renamesHost ? url.host : undefined);
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const { hostname, port } = url;
    const outgoing = send({
      method: this.#request.method,
      hostname,
      port,
      path,
      headers,
      setHost: false,
      agent: false,
      ...(url.protocol === 'https:' && { rejectUnauthorized: verify, ...(ca !== undefined && { ca }) }),
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing
        .once('response', resolve)
        .on('error', reject)
        .on('close', () => reject(new Error('no answer')));
    });
    this.#response.once('close', () => {
      if (!this.#response.writableFinished) outgoing.destroy();
    });
    // A service may answer before it has read the body; how the body ends then says nothing.
    this.#sendBody(outgoing, fault).catch(() => outgoing.destroy());
    return await answered;
  }

  async #sendBody(outgoing: ClientRequest, fault: Fault | undefined): Promise<void> {
    const body = this.#body === undefined ? this.#request : Readable.from([this.#body], { objectMode: false });
    if (fault?.how !== 'cut-request') return await pipeline(body, bodyWith(fault), outgoing);
    // The head has promised more: when this much is on its way, the connection breaks.
    await pipeline(firstBytes(body, fault.afterBytes), outgoing);
    outgoing.destroy();
  }
}

function isSmall({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return length === undefined ? headers['transfer-encoding'] === undefined : Number(length) <= SMALL_BYTES;
}

function seenAs(request: IncomingMessage, body: Buffer | undefined): FaultyRequest {
  const { method = 'GET', url = '/', headers, socket } = request;
  return { method, url, headers, from: socket.remoteAddress ?? '', body };
}

function passedOn(rawHeaders: readonly string[], host?: string): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = {};
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    if (HOP_BY_HOP.has(name.toLowerCase())) continue;
    const earlier = headers[name];
    headers[name] = earlier === undefined ? value : [earlier, value].flat();
  }
  const named = Object.keys(headers).find((name) => name.toLowerCase() === 'host') ?? 'host';
  return host === undefined ? headers : { ...headers, [named]: host };
}
