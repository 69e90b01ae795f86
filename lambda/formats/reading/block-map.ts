/** Where the blocks of the guest's disk lie in the file. */
export interface BlockMap {
  /** Bytes of the guest's disk in one block: a cluster, a grain. */
  readonly blockBytes: number;
  /** Bytes in a sector of the guest's disk; 512 where the format does not say it. */
  readonly sectorBytes?: number;
  /** Whether the file may end inside its last block. The rest of the block is then zeros. */
  readonly mayEndInBlock?: boolean;
  /**
   * @returns the places of `count` blocks from the block `first` on; undefined for a block that is not stored, all zeros
   * @throws Refusal when the tables on the way are not inside the file or cannot be
   */
  locate(first: number, count: number): Promise<readonly (StoredBlock | undefined)[]>;
}

export interface StoredBlock {
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** How it is compressed; absent when it is stored as it is. */
  readonly packing?: Packing;
}

export interface Packing {
  /** Bytes that are stored, at most. */
  readonly bytes: number;
  /** How many of the stored bytes give the first `wanted` bytes of the block, at the worst. */
  enoughFor(wanted: number): number;
  /**
   * @param stored the first bytes of what is stored
   * @param maxBytes bytes of a whole block
   * @returns the first bytes of the block
   * @throws the error of node:zlib
   */
  unpack(stored: Buffer, maxBytes: number): Buffer;
}

/** So large that a read meets one or two. */
const PIECE_BYTES = 2 ** 30;

/** A disk that is stored as it is, from byte 0 of the file. */
export const PLAIN: BlockMap = {
  blockBytes: PIECE_BYTES,
  // The geometry of a fixed VHD may be larger than what it holds.
  mayEndInBlock: true,
  async locate(first, count) {
    return Array.from({ length: count }, (_, index) => ({ offset: (first + index) * PIECE_BYTES }));
  },
};
