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
