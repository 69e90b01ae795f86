import { BOUNDED, INSIDE_FILE } from './bytes.ts';
import type { RangeReader } from './reader.ts';
import { Refusal } from './rule.ts';

/** qcow2 can need the most: head, tail, front, two guesses, and three refcount blocks. */
const MAX_READS = 8;
/** Bounds memory and time whatever a hostile file says. */
const MAX_TOTAL_BYTES = 1024 * 1024;

/** Part of the file. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

interface Fetched {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** Reads of a file, bounded in number and bytes. What was fetched once is kept, and asked for again costs nothing. */
export class BoundedReads {
  readonly #reader: RangeReader;
  readonly #fetched: Fetched[] = [];
  #reads = 0;
  #bytes = 0;

  constructor(reader: RangeReader) {
    this.#reader = reader;
  }

  /** @throws Refusal: `truncated` past the end of the file, `corrupt-header` beyond the bounds */
  async read(offset: number, length: number): Promise<Buffer> {
    const { size } = this.#reader;
    const end = offset + length;
    if (offset < 0 || length < 0) throw new Refusal(BOUNDED, `The header points to ${length} bytes at ${offset}.`);
    if (end > size) {
      throw new Refusal(INSIDE_FILE, `The file has ${size} bytes, but its header points to bytes up to ${end}.`);
    }
    const kept = this.#kept(offset, length);
    if (kept !== undefined) return kept;
    if (!this.#isWithinBounds(1, length)) {
      const asked = `The header leads to ${this.#reads + 1} reads of ${this.#bytes + length} bytes together`;
      throw new Refusal(BOUNDED, `${asked}; a sound image needs at most ${MAX_READS} of ${MAX_TOTAL_BYTES}.`);
    }
    return this.#fetch({ offset, length });
  }

  /**
   * Fetches in parallel what will be asked for. Where a range is not inside the file, only the part that is.
   * @param gapBytes between ranges that one read fetches together, with the gap
   */
  async prefetch(ranges: readonly Range[], gapBytes = 0): Promise<void> {
    const missing = this.#missing(ranges, gapBytes);
    if (this.#isWithinBounds(missing.length, totalBytes(missing))) {
      await Promise.all(missing.map((range) => this.#fetch(range)));
    }
  }

  /** Whether these ranges can still be read. */
  affords(ranges: readonly Range[], gapBytes = 0): boolean {
    const missing = this.#missing(ranges, gapBytes);
    return this.#isWithinBounds(missing.length, totalBytes(missing));
  }

  #isWithinBounds(reads: number, bytes: number): boolean {
    return this.#reads + reads <= MAX_READS && this.#bytes + bytes <= MAX_TOTAL_BYTES;
  }

  #missing(ranges: readonly Range[], gapBytes: number): Range[] {
    const missing = ranges
      .map(({ offset, length }) => ({ offset, length: Math.min(length, this.#reader.size - offset) }))
      .filter(({ offset, length }) => length > 0 && this.#kept(offset, length) === undefined);
    return merged(missing, gapBytes);
  }

  async #fetch({ offset, length }: Range): Promise<Buffer> {
    this.#reads += 1;
    this.#bytes += length;
    const bytes = await this.#reader.read(offset, length);
    this.#fetched.push({ offset, bytes });
    return bytes;
  }

  /** The bytes, where all of them have been fetched. */
  #kept(offset: number, length: number): Buffer | undefined {
    const pieces: Buffer[] = [];
    const end = offset + length;
    for (let place = offset; place < end; ) {
      const holder = this.#fetched.find((one) => one.offset <= place && place < one.offset + one.bytes.length);
      if (holder === undefined) return undefined;
      const piece = holder.bytes.subarray(place - holder.offset, end - holder.offset);
      pieces.push(piece);
      place += piece.length;
    }
    return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
  }
}

function merged(ranges: readonly Range[], gapBytes: number): Range[] {
  const result: Range[] = [];
  for (const { offset, length } of [...ranges].sort((one, other) => one.offset - other.offset)) {
    const last = result.at(-1);
    if (last !== undefined && offset <= last.offset + last.length + gapBytes) {
      const end = Math.max(last.offset + last.length, offset + length);
      result[result.length - 1] = { offset: last.offset, length: end - last.offset };
    } else result.push({ offset, length });
  }
  return result;
}

const totalBytes = (ranges: readonly Range[]): number => ranges.reduce((sum, { length }) => sum + length, 0);
