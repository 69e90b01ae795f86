import { constants, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import type { Packing } from './block-map.ts';

/** RFC 1951: a stored block adds five bytes to at most 65,535; the codes of a small block take a few hundred. */
const deflateEnough = (wanted: number): number => wanted + 4096;
/** RFC 8878, section 3.1.1.2: a block gives at most 128 KiB and is not larger itself; only whole blocks are decoded. */
const ZSTD_BLOCK_BYTES = 128 * 1024;
/** RFC 8878, section 3.1.1.1.2: decoders should manage windows of 8 MiB; QEMU's are not above 2 MiB. */
const ZSTD_MAX_WINDOW_LOG = 23;
/** Sector number and length of what follows (VMware, Virtual Disk Format 5.0, "Grain Markers"). */
const GRAIN_MARKER_BYTES = 12;

/** A cluster of qcow2. Its length is counted in sectors, so that parts of the next one follow it. */
export function rawDeflate(bytes: number): Packing {
  return {
    bytes,
    enoughFor: deflateEnough,
    unpack: (stored, maxBytes) => inflateRawSync(stored, deflateOptions(maxBytes)),
  };
}

/** A cluster of qcow2 of the compression type zstd. */
export function zstd(bytes: number): Packing {
  return {
    bytes,
    enoughFor: (wanted) => wanted + ZSTD_BLOCK_BYTES,
    unpack: (stored, maxBytes) =>
      zstdDecompressSync(stored.subarray(0, zstdFrameEnd(stored)), {
        maxOutputLength: maxBytes,
        finishFlush: constants.ZSTD_e_flush,
        params: { [constants.ZSTD_d_windowLogMax]: ZSTD_MAX_WINDOW_LOG },
      }),
  };
}

/** A grain of VMDK, which tells its length itself where it has a marker. */
export function zlibGrain(bytes: number, { hasMarker }: { hasMarker: boolean }): Packing {
  const start = hasMarker ? GRAIN_MARKER_BYTES : 0;
  return {
    bytes,
    enoughFor: (wanted) => start + deflateEnough(wanted),
    unpack: (stored, maxBytes) => inflateSync(stored.subarray(start), deflateOptions(maxBytes)),
  };
}

/** Z_SYNC_FLUSH: the end of the data may be missing. */
const deflateOptions = (maxBytes: number) => ({
  maxOutputLength: maxBytes,
  finishFlush: constants.Z_SYNC_FLUSH,
});

/** RFC 8878, section 3.1.1. */
const MAGIC_BYTES = 4;
const FRAME_CONTENT_SIZE_BYTES = [0, 2, 4, 8];
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;
/** A block of this type repeats the one byte that is stored. */
const RLE = 1;

/**
 * Where the Zstandard frame at the start of the bytes ends. The decoder takes what follows a frame for another one.
 * @returns the number of all bytes when the frame goes on behind them
 */
export function zstdFrameEnd(bytes: Buffer): number {
  const descriptor = bytes[MAGIC_BYTES] ?? 0;
  let place = MAGIC_BYTES + headerBytes(descriptor);
  let isLast = false;
  while (!isLast) {
    if (place + BLOCK_HEADER_BYTES > bytes.length) return bytes.length;
    const header = bytes.readUIntLE(place, BLOCK_HEADER_BYTES);
    isLast = (header & 1) === 1;
    place += BLOCK_HEADER_BYTES + (((header >> 1) & 3) === RLE ? 1 : header >> 3);
  }
  const hasChecksum = (descriptor & 4) !== 0;
  return Math.min(bytes.length, place + (hasChecksum ? CHECKSUM_BYTES : 0));
}

/** The descriptor, window, dictionary and content size that its bits tell of. */
function headerBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 32) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : (FRAME_CONTENT_SIZE_BYTES[sizeFlag] ?? 0);
  return 1 + (isSingleSegment ? 0 : 1) + (DICTIONARY_ID_BYTES[descriptor & 3] ?? 0) + sizeBytes;
}
