import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import { afterEach } from '@jest/globals';

const running = new Set<Server>();

afterEach(() => {
  for (const server of running) {
    server.close();
    server.closeAllConnections();
  }
  running.clear();
});

/** Serves until the test is over. @returns the server's address */
export async function serve(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createServer(listener))}`;
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

async function listen(server: Server): Promise<number> {
  running.add(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}
