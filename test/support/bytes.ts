import { Readable } from 'node:stream';

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, value) => value);

/** A source of so many bytes of the pattern, in chunks of one size, the last one shorter. */
export function source(bytes: number, chunkBytes = 65_536): Readable {
  return Readable.from(chunks(bytes, chunkBytes), { objectMode: false });
}

/** Bytes 0, 1, 2 … 255, 0, 1 …: a piece that is lost, doubled or out of place shows. */
export function pattern(bytes: number): Buffer {
  return Buffer.alloc(bytes, ALL_BYTES);
}

function* chunks(bytes: number, chunkBytes: number): Generator<Buffer> {
  const piece = pattern(256 + chunkBytes);
  for (let offset = 0; offset < bytes; offset += chunkBytes) {
    const start = offset % 256;
    yield piece.subarray(start, start + Math.min(chunkBytes, bytes - offset));
  }
}
