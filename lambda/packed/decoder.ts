import { type Duplex, pipeline } from 'node:stream';
import { types } from 'node:util';

/** Larger than Node's 16 KiB: that alone makes the decoders of zlib nearly twice as fast. */
export const CHUNK_BYTES = 1024 * 1024;

/** What a decoder of Node.js makes of the bytes. Whatever side fails or leaves first, the other one is closed. */
export async function* decoded(bytes: AsyncIterable<Uint8Array>, decoder: Duplex): AsyncGenerator<Buffer> {
  // The error reaches the caller through the decoder.
  pipeline(bytes, decoder, () => {});
  yield* decoder;
}

/** An error of zlib, with its own words. */
export interface ZlibError extends Error {
  /** "Z_BUF_ERROR", "ZSTD_error_checksum_wrong". */
  readonly code: string;
}

export const isZlibError = (error: unknown): error is ZlibError =>
  types.isNativeError(error) && 'code' in error && /^(Z|ZSTD)_/.test(String(error.code));
