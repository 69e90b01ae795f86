/** Buffers are compared by so many bytes at a time: the native comparison is far faster than a loop. */
const STEP_BYTES = 1024;
const ZEROS = Buffer.alloc(STEP_BYTES);

/** How many bytes there are before the zeros at the end. */
export function lengthWithoutZeros(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end >= STEP_BYTES && ZEROS.equals(bytes.subarray(end - STEP_BYTES, end))) end -= STEP_BYTES;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return end;
}
