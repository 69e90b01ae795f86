import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';

export interface SlowWire {
  /** Where the service is to be reached in place of its own address. */
  readonly url: string;
  close(): Promise<void>;
}

/** Stands before a TCP service and lets through so many bytes in a second of each connection to it. */
export async function slowWire(target: string, bytesPerSecond: number): Promise<SlowWire> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const service = connect(Number(port), hostname);
    for (const socket of [client, service]) sockets.add(socket.once('close', () => sockets.delete(socket)));
    // One side that goes away takes the other with it.
    pipeline(client, throttle(bytesPerSecond), service).catch(() => client.destroy());
    pipeline(service, client).catch(() => service.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server.close(), 'close');
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** What a late timer has cost is made up for, but no more than that of a second: an idle connection saves up nothing. */
const MAKE_UP_MS = 1000;

function throttle(bytesPerSecond: number): Transform {
  let dueMs = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const nowMs = performance.now();
      dueMs = Math.max(dueMs, nowMs - MAKE_UP_MS) + (chunk.length * 1000) / bytesPerSecond;
      pause(Math.max(dueMs - nowMs, 0)).then(() => done(null, chunk), done);
    },
  });
}
