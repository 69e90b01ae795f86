import { ImageDropError } from '../model/errors.ts';
import { Bytes } from './bytes.ts';
import type { RangeReader } from './reader.ts';
import { refuseIf, refuseShorterThan } from './refuse.ts';

/** Every signature lies in the first 64 KiB (ISO 9660 has the last, at 32,769). */
export const HEAD_BYTES = 65536;
/** The longest trailer is that of ZVHD. */
export const TAIL_BYTES = 4096;
/** VHDX needs the most: head, tail, headers, metadata table, metadata items and block table make six. */
const MAX_READS = 8;
/** Bounds memory and time whatever a hostile file says. */
const MAX_TOTAL_BYTES = 1024 * 1024;

/** What formats look at: the file's head and tail, and a bounded number of further reads. */
export class Probe {
  /** Bytes in the file. */
  readonly size: number;
  readonly head: Bytes;
  readonly tail: Bytes;
  readonly #reads: BoundedReads;

  /** Fetches head and tail in parallel. The file must not be empty. */
  static async open(reader: RangeReader): Promise<Probe> {
    const reads = new BoundedReads(reader);
    const tailStart = Math.max(0, reader.size - TAIL_BYTES);
    const [head, tail] = await Promise.all([
      reads.read(0, Math.min(HEAD_BYTES, reader.size)),
      reads.read(tailStart, reader.size - tailStart),
    ]);
    return new Probe(reader.size, head, tail, reads);
  }

  private constructor(size: number, head: Bytes, tail: Bytes, reads: BoundedReads) {
    this.size = size;
    this.head = head;
    this.tail = tail;
    this.#reads = reads;
  }

  /**
   * Reads at a place that the file has chosen.
   * @throws `truncated` when the file ends before, `corrupt-header` when the file asks for more than any sound one needs
   */
  read(offset: number, length: number): Promise<Bytes> {
    return this.#reads.read(offset, length);
  }
}

class BoundedReads {
  readonly #reader: RangeReader;
  #reads = 0;
  #bytes = 0;

  constructor(reader: RangeReader) {
    this.#reader = reader;
  }

  async read(offset: number, length: number): Promise<Bytes> {
    const { size } = this.#reader;
    refuseIf(offset < 0 || length < 0, 'corrupt-header', `The header points to ${length} bytes at ${offset}.`);
    refuseShorterThan(offset + length, size, 'what the header points to');
    this.#reads += 1;
    this.#bytes += length;
    if (this.#reads > MAX_READS || this.#bytes > MAX_TOTAL_BYTES) {
      throw new ImageDropError(
        'corrupt-header',
        `The header leads to ${this.#reads} reads of ${this.#bytes} bytes together; a sound image needs at most ` +
          `${MAX_READS} of ${MAX_TOTAL_BYTES}.`,
      );
    }
    return new Bytes(await this.#reader.read(offset, length), offset, size);
  }
}
