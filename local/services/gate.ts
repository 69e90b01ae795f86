import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Access, Principal } from '../access/access.ts';
import { authenticate } from '../access/authentication.ts';
import { AwsFault } from './aws-fault.ts';

export interface AwsRequest {
  readonly principal: Principal;
  readonly headers: IncomingHttpHeaders;
  /** Without a query. */
  readonly path: string;
  readonly body: string;
}

export interface AwsAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A service whose requests are small and whole: SQS, SNS, Secrets Manager, Lambda. */
export interface AwsService {
  /** As in the credential scope of a signature. */
  readonly signingName: string;
  recognizes(headers: IncomingHttpHeaders, path: string): boolean;
  /** @throws AwsFault */
  answer(request: AwsRequest): Promise<AwsAnswer>;
  fault(fault: AwsFault): AwsAnswer;
}

export interface GateOptions {
  readonly services: readonly AwsService[];
  readonly access: Access;
  /** Called for errors that are not an answer of the service but a fault in the stack. */
  readonly onError: (error: unknown) => void;
}

/** Ten messages in one batch are at most 1 MiB; their escaped JSON needs more. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Longer than clients keep an idle connection: the gate must not close one that just gets a request. */
const KEEP_ALIVE_MS = 75_000;

/** The door to the services in this process: each request needs a signature, and only what the role allows is done. */
export class Gate {
  readonly url: string;
  readonly port: number;
  readonly #server: Server;
  #options: GateOptions | undefined;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${this.port}`;
    server.on('request', (request, response) => {
      response.setHeader('date', new Date().toUTCString());
      void this.#serve(request).then(({ status, headers, body }) => response.writeHead(status, headers).end(body));
    });
  }

  /**
   * Listens, so that the address is known, and asks to be called again until it is opened.
   * @throws the error of the system when the port is taken
   */
  static async listen(port: number): Promise<Gate> {
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    server.removeAllListeners('error');
    return new Gate(server);
  }

  open(options: GateOptions): void {
    this.#options = options;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage): Promise<AwsAnswer> {
    if (this.#options === undefined) return { status: 503, headers: {}, body: 'The stack is starting.' };
    const { services, access, onError } = this.#options;
    const [path = ''] = (request.url ?? '').split('?');
    const service = services.find((it) => it.recognizes(request.headers, path));
    if (service === undefined) return { status: 404, headers: {}, body: 'No service here takes this request.' };
    try {
      const body = await readBody(request);
      const principal = authenticate(request, body, service.signingName, access);
      return await service.answer({ principal, headers: request.headers, path, body: body.toString() });
    } catch (error) {
      if (error instanceof AwsFault) return service.fault(error);
      // A client that went away while it sent is not a fault of the stack.
      if (request.complete) onError(error);
      return service.fault(new AwsFault('InternalFailure', 'The local stack failed; its log says more.', 500));
    }
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
    throw new AwsFault('RequestEntityTooLarge', `The request has more than ${MAX_BODY_BYTES} bytes.`, 413);
  }
  return await buffer(request);
}
