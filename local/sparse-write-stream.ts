import { type FileHandle, open } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { writeSparsely } from './sparse-file.ts';

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
