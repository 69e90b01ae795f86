import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { RangeReader } from '../../lambda/formats/reading/reader.ts';

/** A network's answer takes about as long; reads that are under way together then count as one round trip. */
const LATENCY_MILLISECONDS = 3;

export interface Traffic {
  reads: number;
  bytes: number;
  /** Reads that began while none was under way. */
  roundTrips: number;
}

/** Runs `work` with a reader of a local file, and says what it read. */
export async function withFileReader<T>(
  path: string,
  work: (reader: RangeReader) => Promise<T>,
): Promise<{ result: T; traffic: Traffic }> {
  const file = await open(path);
  try {
    const traffic: Traffic = { reads: 0, bytes: 0, roundTrips: 0 };
    const result = await work(reader(file, (await file.stat()).size, traffic));
    return { result, traffic };
  } finally {
    await file.close();
  }
}

function reader(file: FileHandle, size: number, traffic: Traffic): RangeReader {
  let underWay = 0;
  return {
    size,
    async read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > size) throw new RangeError(`${length} bytes at ${offset}`);
      traffic.reads += 1;
      traffic.bytes += length;
      if (underWay === 0) traffic.roundTrips += 1;
      underWay += 1;
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
      await wait(LATENCY_MILLISECONDS);
      underWay -= 1;
      return buffer;
    },
  };
}
