/** Sends so many bytes from one HTTP server to another by way of send(), and says how that went: a process of its own. */
import { createServer, get, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { httpClient } from '../../lambda/adapters/http.ts';
import { send } from '../../lambda/transfer/transfer.ts';
import { maxMemoryMib } from '../../local/lambda/environment.ts';

const bytes = Number(process.argv[2]);
const CHUNK = Buffer.alloc(65_536, 'imagedrop');

function* chunks(): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= CHUNK.length) yield CHUNK.subarray(0, left);
}

async function listen(listener: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const source = await listen(
  (_, response) =>
    void pipeline(
      Readable.from(chunks(), { objectMode: false }),
      response.writeHead(200, { 'content-length': String(bytes) }),
    ),
);
const sink = await listen(async (request, response) => {
  await pipeline(request, new Writable({ write: (_chunk, _encoding, done) => done() }));
  response.writeHead(204).end();
});
const http = httpClient();
let opened = 0;

const { bytesPerSecond, hashes } = await send({
  range: { offset: 0, length: bytes },
  algorithms: ['md5', 'sha512'],
  open: (_range, signal) => {
    opened += 1;
    return new Promise<IncomingMessage>((resolve, reject) => {
      get(source.url, { signal, agent: false }, resolve).on('error', reject);
    });
  },
  sink: async (body, length, signal) => {
    const headers = { 'content-length': String(length) };
    await http({ method: 'PUT', url: sink.url, headers, body, signal, answerTimeoutMs: 0 });
  },
  onProgress: async () => {},
  signal: new AbortController().signal,
});

// Of this program: on Linux, maxRSS begins with what the process that started it held.
const peakBytes = (maxMemoryMib(process.pid) ?? process.resourceUsage().maxRSS / 1024) * 2 ** 20;
process.stdout.write(JSON.stringify({ opened, md5: hashes.md5, peakBytes, bytesPerSecond }));
await http.close();
source.server.close();
sink.server.close();
