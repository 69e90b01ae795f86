import { isZero, piecesOf } from './patched.ts';

const BLOCK_BYTES = 1024 * 1024;

export interface VdiOptions {
  /** Where the block map begins: behind the header by default. */
  readonly mapOffset?: number;
  /** Where the data begin: behind a map of 128 blocks by default. */
  readonly dataOffset?: number;
}

/** Header, block map, data: a dynamic image whose map fits before its data. */
export function vdiImage(disk: Buffer, { mapOffset = 512, dataOffset = 1024 }: VdiOptions = {}): Buffer {
  const blocks = piecesOf(disk, BLOCK_BYTES);
  const start = Buffer.alloc(dataOffset);
  const data: Buffer[] = [];
  for (const [index, block] of blocks.entries()) {
    // All ones: a block that is not there.
    start.writeUInt32LE(isZero(block) ? 0xffffffff : data.length, mapOffset + index * 4);
    if (!isZero(block)) data.push(block);
  }
  start.write('<<< Oracle VM VirtualBox Disk Image >>>\n', 'latin1');
  start.writeUInt32BE(0x7f10dabe, 64);
  start.writeUInt32LE(0x10001, 68);
  start.writeUInt32LE(0x190, 72);
  start.writeUInt32LE(1, 76);
  start.writeUInt32LE(mapOffset, 0x154);
  start.writeUInt32LE(dataOffset, 0x158);
  start.writeUInt32LE(512, 0x168);
  start.writeBigUInt64LE(BigInt(disk.length), 0x170);
  start.writeUInt32LE(BLOCK_BYTES, 0x178);
  start.writeUInt32LE(blocks.length, 0x180);
  start.writeUInt32LE(data.length, 0x184);
  start.fill(0x5a, 0x188, 0x198);
  return Buffer.concat([start, ...data]);
}
