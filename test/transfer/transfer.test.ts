import { createHash } from 'node:crypto';
import { get, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { ByteRange } from '../../lambda/model/image.ts';
import { digest, type Reading, type Sink, send } from '../../lambda/transfer/transfer.ts';
import { pattern } from '../support/bytes.ts';
import { endpointAt, IMAGE_ID } from '../support/endpoint-fixture.ts';
import { answer, serve } from '../support/http-server.ts';
import { failure } from '../support/outcome.ts';

/** More than the buffers on the way hold. */
const BIG = 32 * 1024 * 1024;

interface Source {
  readonly open: Reading['open'];
  /** What was asked for, in order. */
  readonly asked: readonly string[];
  readonly sockets: ReadonlySet<Socket>;
}

/** Answers a GET of a range; `rest` is what was asked for. */
type Give = (response: ServerResponse, rest: Buffer, request: number) => void;

const all: Give = (response, rest) => void response.end(rest);

/** An HTTP server that has so many bytes of the pattern, and what opens ranges of it. */
async function sourceOf(bytes: number, give: Give = all): Promise<Source> {
  const content = pattern(bytes);
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const url = await serve((request, response) => {
    const { range = '' } = request.headers;
    const [from, to] = (/^bytes=(\d+)-(\d+)$/.exec(range) ?? []).slice(1).map(Number);
    asked.push(range);
    sockets.add(request.socket.once('close', () => sockets.delete(request.socket)));
    const rest = content.subarray(from, Number(to) + 1);
    response.writeHead(206, { 'content-length': rest.length });
    give(response, rest, asked.length);
  });
  return { open: (range, signal) => getRange(url, range, signal), asked, sockets };
}

function getRange(url: string, { offset, length }: ByteRange, signal: AbortSignal): Promise<Readable> {
  const headers = { range: `bytes=${offset}-${offset + length - 1}` };
  return new Promise((resolve, reject) => {
    get(url, { headers, signal, agent: false }, resolve).on('error', reject);
  });
}

/** PUTs to a server of the test's own, as a transfer to an image endpoint does. */
async function sinkTo(listener: RequestListener): Promise<Sink> {
  const endpoint = await endpointAt('glance', listener);
  return (body, length, signal) => endpoint.upload(IMAGE_ID, body, length, signal);
}

const taken: RequestListener = (request, response) => void request.resume().once('end', () => answer(response, 204));

function reading(source: Pick<Source, 'open'>, bytes: number, changes: Partial<Reading> = {}): Reading {
  return {
    open: source.open,
    range: { offset: 0, length: bytes },
    algorithms: ['md5', 'sha512'],
    onProgress: async () => {},
    signal: new AbortController().signal,
    sleep: async () => {},
    ...changes,
  };
}

async function gone(sockets: ReadonlySet<Socket>): Promise<boolean> {
  while (sockets.size > 0) await pause(10);
  return true;
}

const hashOf = (algorithm: string, bytes: Buffer): string => createHash(algorithm).update(bytes).digest('hex');

describe('a transfer', () => {
  test('brings every byte to the sink, with one GET and one PUT, and says what went by', async () => {
    const bodies: Buffer[] = [];
    const source = await sourceOf(5_000_000);
    const sink = await sinkTo(async (request, response) => {
      bodies.push(Buffer.concat(await request.toArray()));
      answer(response, 204);
    });
    const times = [1000, 3000];
    const sent = await send({ ...reading(source, 5_000_000), sink, clock: () => times.shift() ?? 3000 });
    const content = pattern(5_000_000);
    expect(sent).toEqual({
      bytes: 5_000_000,
      hashes: { md5: hashOf('md5', content), sha512: hashOf('sha512', content) },
      bytesPerSecond: 2_500_000,
    });
    expect(bodies.map((body) => body.equals(content))).toEqual([true]);
    expect(source.asked).toEqual(['bytes=0-4999999']);
  });

  test('brings only the range that was asked for', async () => {
    const source = await sourceOf(1000);
    let body = Buffer.alloc(0);
    const sink = await sinkTo(async (request, response) => {
      body = Buffer.concat(await request.toArray());
      answer(response, 204);
    });
    await send({ ...reading(source, 0, { range: { offset: 100, length: 300 } }), sink });
    expect(body).toEqual(pattern(1000).subarray(100, 400));
  });

  test('of an empty range opens no source and sends an empty body', async () => {
    const source = await sourceOf(10);
    let length: string | undefined;
    const sink = await sinkTo((request, response) => {
      length = request.headers['content-length'];
      taken(request, response);
    });
    const sent = await send({ ...reading(source, 0), sink });
    expect(sent).toMatchObject({ bytes: 0, hashes: { md5: 'd41d8cd98f00b204e9800998ecf8427e' } });
    expect(length).toBe('0');
    expect(source.asked).toEqual([]);
  });
});

describe('a transfer whose source', () => {
  test('cuts the connection goes on where it broke, without the sink noticing', async () => {
    const cutting: Give = (response, rest, request) => {
      if (request > 3) return void response.end(rest);
      response.write(rest.subarray(0, 1_000_000), () => response.socket?.resetAndDestroy());
    };
    const source = await sourceOf(5_000_000, cutting);
    let puts = 0;
    let received = '';
    const sink = await sinkTo(async (request, response) => {
      puts += 1;
      received = hashOf('md5', Buffer.concat(await request.toArray()));
      answer(response, 204);
    });
    const { hashes } = await send({ ...reading(source, 5_000_000), sink });
    expect(source.asked).toHaveLength(4);
    expect(puts).toBe(1);
    expect(received).toBe(hashOf('md5', pattern(5_000_000)));
    expect(hashes.md5).toBe(received);
  });

  test('stalls ends as stalled and leaves no connection open', async () => {
    const source = await sourceOf(BIG, (response, rest) => void response.write(rest.subarray(0, 100_000)));
    const puts = new Set<Socket>();
    const sink = await sinkTo((request) => {
      puts.add(request.resume().socket.once('close', () => puts.delete(request.socket)));
    });
    const limits = { stallSeconds: 0.2, answerSeconds: 5 };
    const error = await failure(send({ ...reading(source, BIG, { limits }), sink }));
    expect(error).toMatchObject({ code: 'stalled', message: expect.stringContaining('100000 bytes') });
    expect(await gone(source.sockets)).toBe(true);
    expect(await gone(puts)).toBe(true);
  });

  test('is gone in the middle ends with what the source says, and cuts the upload', async () => {
    const source = await sourceOf(BIG, (response, rest) => {
      response.write(rest.subarray(0, 1_000_000), () => response.socket?.destroy());
    });
    const deleted = new ImageDropError('object-gone', 's3://drops/a is gone.');
    const puts: IncomingMessage[] = [];
    const sink = await sinkTo((request) => void puts.push(request.resume()));
    const openOnce: Reading['open'] = (range, signal) =>
      range.offset === 0 ? source.open(range, signal) : Promise.reject(deleted);
    expect(await failure(send({ ...reading({ open: openOnce }, BIG), sink }))).toBe(deleted);
    await pause(50);
    expect(puts.map(({ complete }) => complete)).toEqual([false]);
  });
});

describe('a transfer whose sink', () => {
  test('does not drain ends as stalled', async () => {
    const source = await sourceOf(BIG);
    const sink = await sinkTo(() => {});
    const limits = { stallSeconds: 0.2, answerSeconds: 5 };
    expect(await failure(send({ ...reading(source, BIG, { limits }), sink }))).toMatchObject({ code: 'stalled' });
    expect(await gone(source.sockets)).toBe(true);
  });

  test('answers long after the last byte has succeeded', async () => {
    const source = await sourceOf(100_000);
    const sink = await sinkTo((request, response) => {
      request.resume().once('end', () => setTimeout(() => answer(response, 204), 3000));
    });
    const limits = { stallSeconds: 2, answerSeconds: 120 };
    await expect(send({ ...reading(source, 100_000, { limits }), sink })).resolves.toMatchObject({ bytes: 100_000 });
  });

  test('never answers was interrupted', async () => {
    const source = await sourceOf(100_000);
    const sink = await sinkTo((request) => void request.resume());
    const limits = { stallSeconds: 0.1, answerSeconds: 0.3 };
    const error = await failure(send({ ...reading(source, 100_000, { limits }), sink }));
    expect(error).toMatchObject({ code: 'upload-interrupted', message: expect.stringContaining('All 100000 bytes') });
  });

  test('is content with less than all bytes was interrupted', async () => {
    const source = await sourceOf(BIG);
    const sink = await sinkTo((request, response) => void request.once('data', () => answer(response, 204)));
    const error = await failure(send({ ...reading(source, BIG), sink }));
    expect(error).toMatchObject({ code: 'upload-interrupted', message: expect.stringContaining(`of ${BIG} bytes`) });
    expect(await gone(source.sockets)).toBe(true);
  });

  test('reads nothing and is content was interrupted', async () => {
    const source = await sourceOf(100);
    const error = await failure(send({ ...reading(source, 100), sink: async () => {} }));
    expect(error).toMatchObject({ code: 'upload-interrupted' });
  });

  test.each([
    [403, 'forbidden'],
    [503, 'upload-interrupted'],
  ])('answers %i early ends with its error and closes the source', async (status, code) => {
    const source = await sourceOf(BIG);
    const sink = await sinkTo((request, response) => void request.once('data', () => answer(response, status)));
    expect(await failure(send({ ...reading(source, BIG), sink }))).toMatchObject({ code });
    expect(await gone(source.sockets)).toBe(true);
  });

  test('cuts the connection was interrupted and closes the source', async () => {
    const source = await sourceOf(BIG);
    const sink = await sinkTo((request) => void request.once('data', () => request.socket.destroy()));
    const error = await failure(send({ ...reading(source, BIG), sink }));
    expect(error).toMatchObject({ code: 'upload-interrupted', cause: { code: 'endpoint-unavailable' } });
    expect(await gone(source.sockets)).toBe(true);
  });
});

describe('a transfer from outside', () => {
  const reason = new ImageDropError('out-of-time', 'The time is over.');

  test('is not begun when it was aborted before', async () => {
    const source = await sourceOf(100);
    const sink = await sinkTo(taken);
    const signal = AbortSignal.abort(reason);
    expect(await failure(send({ ...reading(source, 100, { signal }), sink }))).toBe(reason);
    expect(source.asked).toEqual([]);
  });

  test('is aborted on its way with the reason of the signal, and leaves no connection open', async () => {
    const source = await sourceOf(BIG, (response, rest) => void response.write(rest.subarray(0, 1000)));
    const controller = new AbortController();
    const sink = await sinkTo((request) => {
      request.resume().once('data', () => controller.abort(reason));
    });
    expect(await failure(send({ ...reading(source, BIG, { signal: controller.signal }), sink }))).toBe(reason);
    expect(await gone(source.sockets)).toBe(true);
  });

  test('is aborted by a report that finds the lease lost', async () => {
    const source = await sourceOf(BIG, (response, rest) => void response.write(rest.subarray(0, 1000)));
    const lost = new ImageDropError('lease-held', 'The lease was lost to another.');
    const sink = await sinkTo((request) => void request.resume());
    const onProgress = () => Promise.reject(lost);
    expect(await failure(send({ ...reading(source, BIG, { onProgress }), sink }))).toBe(lost);
  });

  test('does not count when a report under way at the end finds the lease lost', async () => {
    const source = await sourceOf(100);
    const lost = new ImageDropError('lease-held', 'The lease was lost to another.');
    const begun = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const sink: Sink = async (body) => {
      await body.resume().toArray();
      await begun.promise;
      setTimeout(ended.resolve, 20);
    };
    const onProgress = async () => {
      begun.resolve();
      await ended.promise;
      throw lost;
    };
    expect(await failure(send({ ...reading(source, 100, { onProgress }), sink }))).toBe(lost);
  });

  test('goes on when a report fails for a passing reason, and tells of it', async () => {
    const away = new ImageDropError('aws-unavailable', 'The record could not be written to S3: status 503.');
    const skipped = Promise.withResolvers<ImageDropError>();
    const source = await sourceOf(1000, (response, rest) => void skipped.promise.then(() => response.end(rest)));
    const sink = await sinkTo(taken);
    const changes = { onProgress: () => Promise.reject(away), onSkippedProgress: skipped.resolve };
    await expect(send({ ...reading(source, 1000, changes), sink })).resolves.toMatchObject({ bytes: 1000 });
    await expect(skipped.promise).resolves.toBe(away);
  });
});

describe('a digest', () => {
  test('has the hashes of what a transfer sends', async () => {
    const source = await sourceOf(100_000);
    const content = pattern(100_000);
    expect(await digest(reading(source, 100_000))).toMatchObject({
      bytes: 100_000,
      hashes: { md5: hashOf('md5', content), sha512: hashOf('sha512', content) },
    });
  });

  test('ends as stalled when its source stalls', async () => {
    const source = await sourceOf(BIG, (response, rest) => void response.write(rest.subarray(0, 1000)));
    const limits = { stallSeconds: 0.2, answerSeconds: 5 };
    expect(await failure(digest(reading(source, BIG, { limits })))).toMatchObject({ code: 'stalled' });
    expect(await gone(source.sockets)).toBe(true);
  });
});
