import { createHash } from 'node:crypto';
import type { HashAlgorithm, Hashes } from '../model/image.ts';

/** The hashes of a file that a decoder reads in pieces, as far as the pieces come in order and leave nothing out. */
export class HashesInOrder {
  /** All bytes that were read. */
  bytes = 0;
  readonly #size: number;
  readonly #running;
  #hashedBytes = 0;

  /** @param expected the algorithm that is needed; sha256 is computed in any case */
  constructor(size: number, expected: HashAlgorithm = 'sha256') {
    this.#size = size;
    this.#running = [...new Set<HashAlgorithm>(['sha256', expected])].map((name) => ({ name, hash: createHash(name) }));
  }

  /** @param position where the piece begins in the file */
  update(piece: Uint8Array, position: number): void {
    this.bytes += piece.length;
    if (position > this.#hashedBytes) return;
    const fresh = piece.subarray(this.#hashedBytes - position);
    for (const { hash } of this.#running) hash.update(fresh);
    this.#hashedBytes += fresh.length;
  }

  /** Of the whole file; undefined where not all of it came in order. To be asked for once. */
  get hashes(): Hashes | undefined {
    if (this.#hashedBytes !== this.#size) return undefined;
    return Object.fromEntries(this.#running.map(({ name, hash }) => [name, hash.digest('hex')]));
  }
}
