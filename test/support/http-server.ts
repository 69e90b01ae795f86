import {
  createServer,
  type ServerOptions as HttpServerOptions,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { afterEach } from '@jest/globals';

const running = new Set<TcpServer>();
const sockets = new Set<Socket>();

afterEach(() => {
  for (const server of running) server.close();
  for (const socket of sockets) socket.destroy();
  running.clear();
  sockets.clear();
});

/** Serves until the test is over. @returns the server's address */
export async function serve(...given: [RequestListener] | [HttpServerOptions, RequestListener]): Promise<string> {
  const [listener, options = {}] = given.toReversed() as [RequestListener, HttpServerOptions?];
  return `http://127.0.0.1:${await listen(createServer(options, listener))}`;
}

/** A server that is no HTTP server: it sends what it likes. */
export async function serveBytes(listener: (socket: Socket) => void): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    listener(socket);
  });
  return `http://127.0.0.1:${await listen(server)}`;
}

export async function serveTls(options: ServerOptions, listener: RequestListener): Promise<string> {
  return `https://127.0.0.1:${await listen(createTlsServer(options, listener))}`;
}

/** A port that nobody listens on. */
export async function unusedAddress(): Promise<string> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

export function answer(response: ServerResponse, status: number, body: unknown = '', headers = {}): void {
  response.writeHead(status, headers);
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

async function listen(server: TcpServer): Promise<number> {
  running.add(server);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}
