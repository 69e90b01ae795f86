import { createHash, type Hash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import type { HashAlgorithm, Hashes } from '../model/image.ts';

/** Lets bytes through unchanged and uncopied, counts them and computes their hashes. */
export class Hashing extends Transform {
  readonly #running: ReadonlyMap<HashAlgorithm, Hash>;
  #bytes = 0;
  #hashes: Hashes = {};

  constructor(algorithms: readonly HashAlgorithm[]) {
    super();
    this.#running = new Map(algorithms.map((algorithm) => [algorithm, createHash(algorithm)]));
  }

  /** Bytes that went through so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Empty until all bytes went through. */
  get hashes(): Hashes {
    return this.#hashes;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    for (const hash of this.#running.values()) hash.update(chunk);
    this.#bytes += chunk.length;
    callback(null, chunk);
  }

  override _flush(callback: TransformCallback): void {
    this.#hashes = Object.fromEntries([...this.#running].map(([algorithm, hash]) => [algorithm, hash.digest('hex')]));
    callback();
  }
}
