import { constants, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import type { Packing } from './block-map.ts';
import { zstdFrameEnd } from './zstd-frame.ts';

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
