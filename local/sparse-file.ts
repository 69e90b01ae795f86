import { type FileHandle, open } from 'node:fs/promises';
import { Writable } from 'node:stream';

/** What waits here while the disk is busy, in bytes; four of them fit the memory of any request. */
const BUFFER_BYTES = 4 * 1024 * 1024;

type Done = (error?: Error | null) => void;

/** Writes a new file in which blocks of zeros are holes. An error when the file is there already. */
export class SparseWriteStream extends Writable {
  readonly #path: string;
  #file: FileHandle | undefined;
  #bytesWritten = 0;

  constructor(path: string) {
    super({ highWaterMark: BUFFER_BYTES });
    this.#path = path;
  }

  /** Holes among them. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  override _construct(done: Done): void {
    this.#when(this.#open(), done);
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    this.#when(this.#append(chunk), done);
  }

  override _final(done: Done): void {
    this.#when(this.#opened.truncate(this.#bytesWritten), done);
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#when(this.#file?.close() ?? Promise.resolve(), (failed) => done(error ?? failed));
  }

  get #opened(): FileHandle {
    if (this.#file === undefined) throw new Error('The file is not open yet.');
    return this.#file;
  }

  async #open(): Promise<void> {
    this.#file = await open(this.#path, 'wx');
  }

  async #append(chunk: Buffer): Promise<void> {
    await writeSparsely(this.#opened, chunk, this.#bytesWritten);
    this.#bytesWritten += chunk.length;
  }

  #when(work: Promise<void>, done: Done): void {
    work.then(() => done(), done);
  }
}

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
