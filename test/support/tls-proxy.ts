import { request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import type { Certificate } from './certificates.ts';

export interface TlsProxy {
  /** `https://127.0.0.1:PORT`, without a slash at its end. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Puts TLS before an HTTP server. Requests and answers pass unchanged; addresses in them, such as those of a catalog,
 * remain those of the server behind.
 */
export async function startTlsProxy(targetUrl: string, certificate: Certificate): Promise<TlsProxy> {
  const target = targetUrl.replace(/\/+$/, '');
  const server = createServer({ ...certificate }, (request, response) => forward(target, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What breaks on the one side is broken off on the other. */
function forward(target: string, request: IncomingMessage, response: ServerResponse): void {
  const { method = 'GET', url, headers } = request;
  const onward = ask(`${target}${url}`, { method, headers });
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    pipeline(answer, response, () => {});
  });
  onward.on('error', () => {
    // An early answer stands, though the rest of the body found no taker.
    if (!response.headersSent) response.destroy();
  });
  response.on('close', () => {
    if (!response.writableFinished) onward.destroy();
  });
  request.pipe(onward);
}
