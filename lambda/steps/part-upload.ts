import { createHash, type Hash } from 'node:crypto';
import { ImageDropError } from '../model/errors.ts';
import type { StagingStore, UploadRef } from './ports.ts';

/** As in model/staging.ts: small enough that a part that fails costs little. */
const FIRST_PART_BYTES = 16 * 2 ** 20;

/**
 * Amazon S3: 10,000 parts at most. The length of the stream may be unknown, so parts double in size after each 1,800:
 * that is room for 1.3 TiB, while two parts of a disk below 28 GiB take 32 MiB of memory.
 */
const PARTS_OF_ONE_SIZE = 1800;

/** @param number counted from 1 */
export const partBytes = (number: number, first = FIRST_PART_BYTES): number =>
  first * 2 ** Math.floor((number - 1) / PARTS_OF_ONE_SIZE);

export const lostUpload = (key: string): ImageDropError =>
  new ImageDropError('upload-interrupted', `The upload of ${key} to the work bucket was replaced by another one.`);

/** One multipart upload of a stream. A part is stored while the next one fills, so that two are in memory. */
export class PartUpload {
  readonly #store: StagingStore;
  readonly #upload: UploadRef;
  readonly #signal: AbortSignal;
  readonly #firstPartBytes: number;
  readonly #sha256: Hash = createHash('sha256');
  #part: Buffer | undefined;
  #filled = 0;
  #parts = 0;
  #bytes = 0;
  #storing: Promise<void> = Promise.resolve();

  constructor(store: StagingStore, upload: UploadRef, signal: AbortSignal, firstPartBytes = FIRST_PART_BYTES) {
    this.#store = store;
    this.#upload = upload;
    this.#signal = signal;
    this.#firstPartBytes = firstPartBytes;
  }

  /** How many were written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Copies the piece: decoders may use its memory again. */
  async write(piece: Buffer): Promise<void> {
    this.#signal.throwIfAborted();
    this.#sha256.update(piece);
    this.#bytes += piece.length;
    for (let from = 0; from < piece.length; ) {
      this.#part ??= Buffer.allocUnsafe(partBytes(this.#parts + 1, this.#firstPartBytes));
      const copied = piece.copy(this.#part, this.#filled, from);
      this.#filled += copied;
      from += copied;
      if (this.#filled === this.#part.length) await this.#storePart(this.#part);
    }
  }

  /** @throws `upload-interrupted` where parts are missing, because another invocation aborted or completed the upload */
  async complete(): Promise<{ readonly sha256: string }> {
    const { key, uploadId } = this.#upload;
    if (this.#part !== undefined) await this.#storePart(this.#part.subarray(0, this.#filled));
    await this.#storing;
    // Object storage knows the ETags: with keys of a key service they are not the md5.
    const parts = (await this.#store.parts(key, uploadId)) ?? [];
    if (parts.length !== this.#parts) throw lostUpload(key);
    // Whether an upload that is not known any more was completed or aborted, the object shows.
    await this.#store.complete(key, uploadId, parts);
    return { sha256: this.#sha256.digest('hex') };
  }

  /** Ends the transfer of the last part, whether or not it succeeds. */
  async stop(): Promise<void> {
    await this.#storing.catch(() => {});
  }

  /** Resolves when the part before is stored. */
  async #storePart(bytes: Buffer): Promise<void> {
    [this.#part, this.#filled] = [undefined, 0];
    await this.#storing;
    this.#parts += 1;
    const part = { number: this.#parts, bytes, md5: createHash('md5').update(bytes).digest('hex') };
    this.#storing = this.#store.storePart(this.#upload, part, this.#signal).then((isStored) => {
      if (!isStored) throw lostUpload(this.#upload.key);
    });
    // The next part or the end awaits it.
    this.#storing.catch(() => {});
  }
}
