import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { ByteRange } from '../../lambda/model/image.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { cutFor, partsOfChunk } from '../../lambda/model/staging.ts';
import type { PartContent, PartsAfter, StagedPart, UploadRef } from '../../lambda/steps/ports.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { MemoryStaging } from '../support/memory-staging.ts';
import { MemoryWorld } from '../support/memory-world.ts';

const KEY = 'huge.raw';
const PIECE = Buffer.alloc(2 ** 20);

/** Object storage that keeps of each part its size and md5 only. */
class CountingStaging extends MemoryStaging {
  readonly stored = new Map<number, StagedPart>();
  completedBytes: number | undefined;

  override async parts(_key: string, _uploadId: string, some?: PartsAfter): Promise<readonly StagedPart[]> {
    const all = [...this.stored.values()].toSorted((one, other) => one.number - other.number);
    const { after, most } = some ?? { after: 0, most: Number.POSITIVE_INFINITY };
    return all.filter(({ number }) => number > after).slice(0, most);
  }

  override async storePart(_upload: UploadRef, { number, bytes, md5 }: PartContent): Promise<boolean> {
    expect(createHash('md5').update(bytes).digest('hex')).toBe(md5);
    this.storedParts.push(number);
    this.stored.set(number, { number, etag: md5, bytes: bytes.length });
    return true;
  }

  override async complete(_key: string, _uploadId: string, parts: readonly StagedPart[]): Promise<boolean> {
    expect(parts.map(({ number }) => number)).toEqual(parts.map((_, index) => index + 1));
    this.completedBytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    return true;
  }

  override async size(): Promise<number | undefined> {
    return this.completedBytes;
  }
}

/** A drop of so many bytes, all of them zeros, whose source opens after a while. */
async function hugeDrop(bytes: number, latencyMs = 0, cut = cutFor(bytes)) {
  const world = new MemoryWorld();
  const staging = new CountingStaging();
  const object = world.objects.put(KEY, Buffer.alloc(0));
  const image = await world.endpoint.create({ ...NEW_IMAGE, id: 'image-1' });
  const open = async (_ref: unknown, { length }: ByteRange) => {
    await pause(latencyMs);
    return Readable.from(zeros(length));
  };
  const objects = Object.assign(world.objects, { open });
  const key = world.recordKey(KEY);
  world.records.stored.set(key, { ...recordOf(object, bytes), image: { id: image.id }, ...stagedAt(cut) });
  const deps = { ...world, staging, objects };
  let calls = 0;
  return {
    world,
    staging,
    begin: () => streamUpload({ record: key }, world.invocation(`begin-${++calls}`), deps),
    chunk: (chunk: number) => streamUpload({ record: key, chunk }, world.invocation(`chunk-${++calls}`), deps),
    chunks: () => world.uploadQueue.sent.flatMap(({ chunk }) => (chunk === undefined ? [] : [chunk])),
  };
}

const NEW_IMAGE = {
  name: 'huge',
  diskFormat: 'raw',
  containerFormat: 'bare',
  minDisk: 122,
  minRam: 0,
  visibility: 'private',
  protected: false,
  tags: [],
  properties: {},
} as const;

const stagedAt = (cut: ReturnType<typeof cutFor>) => ({
  staging: { bucket: 'staging', key: 'imagedrop/image-1.raw', ...cut },
});

function recordOf(object: { etag: string; versionId?: string }, bytes: number): DropRecord {
  const at = '2026-01-02T03:04:05.000Z';
  const { etag, versionId = '' } = object;
  return {
    schema: 1,
    revision: 1,
    nonce: 'by hand',
    status: 'created',
    drop: { bucket: 'drops', key: KEY, id: versionId, versionId, etag, size: bytes, droppedAt: at },
    target: 'here',
    found: { format: 'raw', virtualSize: bytes },
    sent: { ...NEW_IMAGE, id: 'image-1' },
    plan: {
      route: 'register',
      reason: '',
      diskFormat: 'raw',
      range: { offset: 0, length: bytes },
      algorithms: ['md5'],
    },
    generation: 1,
    attempts: 0,
    history: [{ status: 'created', at }],
  };
}

function* zeros(length: number) {
  for (let left = length; left > 0; left -= PIECE.length) yield PIECE.subarray(0, Math.min(left, PIECE.length));
}

describe('a file of hundreds of gigabytes', () => {
  test.each([
    ['130 GB', 130e9, 485, 16],
    ['1 TB', 1e12, 4968, 96],
  ])(
    'of %s is asked for chunk by chunk, copied in bounded memory, and completed by the last',
    async (_name, bytes, chunks, partMib) => {
      const drop = await hugeDrop(bytes);
      const before = process.memoryUsage().rss;
      await drop.begin();
      expect(drop.chunks()).toEqual(Array.from({ length: chunks }, (_, chunk) => chunk));
      const file = { bytes, ...cutFor(bytes) };
      expect(file.partBytes).toBe(partMib * 2 ** 20);

      // Other functions have copied all but the first, one in the middle, and the last, which is not a whole one.
      const ours = [0, Math.floor(chunks / 2), chunks - 1];
      for (let chunk = 0; chunk < chunks; chunk += 1) {
        if (ours.includes(chunk)) continue;
        for (const number of partsOfChunk(file, chunk)) {
          drop.staging.stored.set(number, { number, etag: 'of another', bytes: file.partBytes });
        }
      }
      for (const chunk of ours) {
        expect(drop.staging.completedBytes).toBeUndefined();
        await drop.chunk(chunk);
      }
      expect(drop.staging.storedParts.length).toBe(ours.flatMap((chunk) => partsOfChunk(file, chunk)).length);
      expect(drop.staging.completedBytes).toBe(bytes);
      expect(drop.world.endpoint.registered).toEqual(['staging:imagedrop/image-1.raw']);
      // Four parts of 16 MiB, or one of 96, and what is not yet freed of those before.
      expect(process.memoryUsage().rss - before).toBeLessThan(400 * 2 ** 20);
    },
  );
});

describe('the throughput of staging', () => {
  /** Milliseconds for 24 chunks of small parts from a source of which each part takes 200 ms, by so many functions. */
  async function stagedBy(functions: number): Promise<number> {
    const cut = { partBytes: 65_536, partsPerChunk: 2 };
    const drop = await hugeDrop(48 * cut.partBytes, 200, cut);
    await drop.begin();
    const waiting = [...drop.chunks()];
    const began = performance.now();
    const work = async () => {
      for (let chunk = waiting.shift(); chunk !== undefined; chunk = waiting.shift()) {
        await drop.chunk(chunk).catch((error) => expect(error).toMatchObject({ code: 'lease-held' }));
      }
    };
    await Promise.all(Array.from({ length: functions }, work));
    expect(drop.staging.completedBytes).toBe(48 * cut.partBytes);
    return performance.now() - began;
  }

  test('grows with the number of functions at work', async () => {
    const alone = await stagedBy(1);
    // The better of two: a busy machine may hold one up, and it can make neither faster than it is.
    const four = Math.min(await stagedBy(4), await stagedBy(4));
    expect(alone / four).toBeGreaterThan(2);
  });
});
