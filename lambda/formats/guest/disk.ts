import { messageOf } from '../../model/errors.ts';
import type { BlockMap, StoredBlock } from '../reading/block-map.ts';
import type { Range } from '../reading/bounded-reads.ts';
import type { Probe } from '../reading/probe.ts';
import type { Rule } from '../reading/rule.ts';

/** The start of the guest's disk must be in the file, wherever the format keeps it. */
export const GUEST_INSIDE_FILE: Rule = { code: 'truncated', title: 'the start of the disk is inside the file' };

/** Why a part of the guest's disk could not be read, though nothing is wrong with the file. */
export class NotRead extends Error {}

/** A part of one block. */
interface Piece {
  readonly block: StoredBlock | undefined;
  /** Bytes from the start of the block. */
  readonly from: number;
  readonly to: number;
}

/** The disk as the guest sees it, read through the format. */
export class GuestDisk {
  readonly virtualSize: number;
  /** Bytes in a sector, where the format says it. */
  readonly sectorBytes: number | undefined;
  readonly #probe: Probe;
  readonly #map: BlockMap;

  constructor(probe: Probe, map: BlockMap, virtualSize: number) {
    this.virtualSize = virtualSize;
    this.sectorBytes = map.sectorBytes;
    this.#probe = probe;
    this.#map = map;
  }

  /**
   * @param length a few ten KiB; what the disk does not reach is left out
   * @throws NotRead when that needs more reads than are allowed, or cannot be decompressed
   * @throws Refusal when the tables of the format lead out of the file
   */
  async read(offset: number, length: number): Promise<Buffer> {
    const end = Math.min(offset + length, this.virtualSize);
    if (offset >= end) return Buffer.alloc(0);
    const pieces = await this.#pieces(offset, end);
    const ranges = pieces.flatMap((piece) => this.#rangeOf(piece) ?? []);
    if (!this.#probe.affords(ranges)) {
      throw new NotRead('It is in too many places of the file to read them all.');
    }
    await this.#probe.prefetch(ranges);
    return Buffer.concat(await Promise.all(pieces.map((piece) => this.#content(piece))));
  }

  async #pieces(offset: number, end: number): Promise<Piece[]> {
    const { blockBytes } = this.#map;
    const first = Math.floor(offset / blockBytes);
    const blocks = await this.#map.locate(first, Math.ceil(end / blockBytes) - first);
    return blocks.map((block, index) => {
      const start = (first + index) * blockBytes;
      return { block, from: Math.max(offset - start, 0), to: Math.min(end - start, blockBytes) };
    });
  }

  /** What must be read for a piece: where the file may end in a block, only what is there. */
  #rangeOf({ block, from, to }: Piece): Range | undefined {
    if (block === undefined) return undefined;
    const { offset, packing } = block;
    const { size, ledger } = this.#probe;
    const start = packing === undefined ? offset + from : offset;
    const length = packing === undefined ? to - from : Math.min(packing.bytes, packing.enoughFor(to));
    const mayEndEarly = packing !== undefined || this.#map.mayEndInBlock === true;
    ledger.refuseShorterThan(mayEndEarly ? offset + 1 : start + length, GUEST_INSIDE_FILE, 'the start of the disk');
    return start >= size ? undefined : { offset: start, length: Math.min(length, size - start) };
  }

  async #content(piece: Piece): Promise<Buffer> {
    const { block, from, to } = piece;
    const range = this.#rangeOf(piece);
    if (block === undefined || range === undefined) return Buffer.alloc(to - from);
    const bytes = await this.#probe.read(range.offset, range.length);
    const stored = bytes.slice(0, range.length);
    const content =
      block.packing === undefined ? stored : unpacked(block, stored, this.#map.blockBytes).subarray(from, to);
    if (content.length === to - from) return content;
    if (block.packing !== undefined) throw new NotRead('Its compressed data end too early.');
    return Buffer.concat([content, Buffer.alloc(to - from - content.length)]);
  }
}

function unpacked({ packing }: StoredBlock, stored: Buffer, blockBytes: number): Buffer {
  try {
    return packing?.unpack(stored, blockBytes) ?? stored;
  } catch (error) {
    throw new NotRead(`It cannot be decompressed: ${messageOf(error)}.`, { cause: error });
  }
}
