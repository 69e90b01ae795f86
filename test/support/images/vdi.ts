import { isZero, piecesOf } from './patched.ts';

const BLOCK_BYTES = 1024 * 1024;
const MAP_OFFSET = 512;
const DATA_OFFSET = 1024;

/** Header, block map, data: a dynamic image of at most 128 MiB. */
export function vdiImage(disk: Buffer): Buffer {
  const blocks = piecesOf(disk, BLOCK_BYTES);
  const start = Buffer.alloc(DATA_OFFSET);
  const data: Buffer[] = [];
  for (const [index, block] of blocks.entries()) {
    // All ones: a block that is not there.
    start.writeUInt32LE(isZero(block) ? 0xffffffff : data.length, MAP_OFFSET + index * 4);
    if (!isZero(block)) data.push(block);
  }
  start.write('<<< Oracle VM VirtualBox Disk Image >>>\n', 'latin1');
  start.writeUInt32BE(0x7f10dabe, 64);
  start.writeUInt32LE(0x10001, 68);
  start.writeUInt32LE(0x190, 72);
  start.writeUInt32LE(1, 76);
  start.writeUInt32LE(MAP_OFFSET, 0x154);
  start.writeUInt32LE(DATA_OFFSET, 0x158);
  start.writeUInt32LE(512, 0x168);
  start.writeBigUInt64LE(BigInt(disk.length), 0x170);
  start.writeUInt32LE(BLOCK_BYTES, 0x178);
  start.writeUInt32LE(blocks.length, 0x180);
  start.writeUInt32LE(data.length, 0x184);
  start.fill(0x5a, 0x188, 0x198);
  return Buffer.concat([start, ...data]);
}
