import { createGunzip } from 'node:zlib';
import { CHUNK_BYTES, decoded, isZlibError } from './decoder.ts';
import type { Compression, Contents, PackedFile } from './packed-file.ts';
import { corruptData, cutShort, trailingBytes } from './refusals.ts';
import { GZIP, isGzip } from './signatures.ts';

/** RFC 1952. The length at its end is that of the last member only, modulo 2^32: nothing is known up front. */
export const gzip: Compression = {
  name: 'gz',
  title: GZIP,
  bytesPerSecond: 220e6,
  matches: isGzip,
  async open(file): Promise<Contents> {
    return { bytes: unpacked(file) };
  },
};

/** Of all members; node:zlib checks the CRC and the length of each. */
async function* unpacked(file: PackedFile): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  try {
    yield* decoded(file.open(0, file.size), gunzip);
  } catch (error) {
    throw refusal(error);
  }
  // Zeros end the last member for node:zlib, and it ignores what follows them.
  if (gunzip.bytesWritten < file.size) await refuseAfterEnd(file, gunzip.bytesWritten);
}

/** gzip itself accepts zeros: tapes are padded with them. */
async function refuseAfterEnd(file: PackedFile, end: number): Promise<void> {
  let offset = end;
  for await (const piece of file.open(end, file.size - end)) {
    const other = piece.findIndex((byte) => byte !== 0);
    if (other >= 0) throw trailingBytes(GZIP, offset + other);
    offset += piece.length;
  }
}

function refusal(error: unknown): unknown {
  if (!isZlibError(error)) return error;
  if (error.code === 'Z_BUF_ERROR') return cutShort(GZIP, error);
  // The header of the first member is right, otherwise the file is not recognised as gzip.
  if (error.message === 'incorrect header check') return trailingBytes(GZIP);
  return corruptData(GZIP, `its data cannot be unpacked (${error.message})`, error);
}
