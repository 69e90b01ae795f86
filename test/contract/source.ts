import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Source } from './service-world.ts';

/** A web server on one port for as long as a world lives: filters are set up with that port. */
export async function startSource(): Promise<Source & { readonly port: number; close(): Promise<void> }> {
  let serve: RequestListener = (_request, response) => response.writeHead(404).end();
  const server = createServer((request, response) => serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/image`,
    serve(listener) {
      serve = listener;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
