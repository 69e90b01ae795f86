import type { FileHandle } from 'node:fs/promises';

/** Shorter runs of zeros are written: below this the calls cost more than the room, which file systems give by 4 KiB. */
const BLOCK_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(BLOCK_BYTES);

/**
 * Writes into a new file and leaves blocks of zeros out, so that they become holes and take no room. The writer of the
 * last byte sets the length of the file afterwards: a hole at its end is not there yet.
 */
export async function writeSparsely(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (const { start, end } of dataRuns(bytes)) {
    for (let at = start; at < end; ) {
      at += (await file.write(bytes, at, end - at, position + at)).bytesWritten;
    }
  }
}

/** What is not zeros, in runs as long as possible. */
function* dataRuns(bytes: Buffer): Generator<{ start: number; end: number }> {
  let start: number | undefined;
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const isHole = isZero(bytes.subarray(at, at + BLOCK_BYTES));
    if (isHole && start !== undefined) yield { start, end: at };
    start = isHole ? undefined : (start ?? at);
  }
  if (start !== undefined) yield { start, end: bytes.length };
}

function isZero(block: Buffer): boolean {
  return block[0] === 0 && block.equals(ZEROS.subarray(0, block.length));
}
