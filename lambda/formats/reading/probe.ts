import { BoundedReads, type Range } from './bounded-reads.ts';
import { Bytes } from './bytes.ts';
import { Ledger } from './ledger.ts';
import type { RangeReader } from './reader.ts';

/** Every signature is in the first 64 KiB (ISO 9660 has the last, at 32,769). */
export const HEAD_BYTES = 65536;
/** The longest trailer is that of ZVHD. */
export const TAIL_BYTES = 4096;

/** What formats look at: the file's head and tail, a bounded number of further reads, and the ledger of checks. */
export class Probe {
  /** Bytes in the file. */
  readonly size: number;
  readonly head: Bytes;
  readonly tail: Bytes;
  readonly ledger: Ledger;
  readonly #reads: BoundedReads;

  /** Fetches head and tail in parallel. The file must not be empty. */
  static async open(reader: RangeReader, ledger = new Ledger(reader.size)): Promise<Probe> {
    const reads = new BoundedReads(reader);
    const head = { offset: 0, length: Math.min(HEAD_BYTES, reader.size) };
    const tailStart = Math.max(0, reader.size - TAIL_BYTES);
    const tail = { offset: tailStart, length: reader.size - tailStart };
    await reads.prefetch([head, tail]);
    return new Probe(
      reader.size,
      await bytesOf(reads, head, reader),
      await bytesOf(reads, tail, reader),
      reads,
      ledger,
    );
  }

  private constructor(size: number, head: Bytes, tail: Bytes, reads: BoundedReads, ledger: Ledger) {
    this.size = size;
    this.head = head;
    this.tail = tail;
    this.ledger = ledger;
    this.#reads = reads;
  }

  /**
   * Reads at a place that the file has chosen.
   * @throws Refusal: `truncated` when the file ends before, `corrupt-header` when the file asks for more than any sound
   * one needs
   */
  async read(offset: number, length: number): Promise<Bytes> {
    return new Bytes(await this.#reads.read(offset, length), offset, this.size);
  }

  /**
   * Fetches in parallel what later reads will ask for, so that they cost no round trip of their own. What is not inside
   * the file is left out, and all of it where the bounds do not allow it: only the reads themselves are checks.
   * @param gapBytes between ranges that one read fetches together, with the gap
   */
  prefetch(ranges: readonly Range[], gapBytes = 0): Promise<void> {
    return this.#reads.prefetch(ranges, gapBytes);
  }

  /** Whether all of these ranges can still be read within the bounds. */
  affords(ranges: readonly Range[], gapBytes = 0): boolean {
    return this.#reads.affords(ranges, gapBytes);
  }
}

async function bytesOf(reads: BoundedReads, { offset, length }: Range, { size }: RangeReader): Promise<Bytes> {
  return new Bytes(await reads.read(offset, length), offset, size);
}
