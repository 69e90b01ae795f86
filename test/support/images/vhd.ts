import { isZero, padded, piecesOf } from './patched.ts';

const SECTOR = 512;
const DEFAULT_BLOCK_BYTES = 64 * 1024;
/** One sector of bits, all set. */
const FULL_BITMAP = Buffer.alloc(SECTOR, 0xff);
const DYNAMIC_HEADER_OFFSET = 512;
const TABLE_OFFSET = 1536;

export interface VhdOptions {
  /** Changes the footer before its checksum is made. */
  readonly footer?: (footer: Buffer) => void;
  /** Changes the header of a dynamic disk before its checksum is made. */
  readonly header?: (header: Buffer) => void;
  /** Bytes in a block of a dynamic disk: 64 KiB by default, 2 MiB at most (whose bitmap is one sector still). */
  readonly blockBytes?: number;
}

export function fixedVhd(disk: Buffer, { footer }: VhdOptions = {}): Buffer {
  return Buffer.concat([disk, vhdFooter(disk.length, 2, footer)]);
}

export function dynamicVhd(disk: Buffer, options: VhdOptions = {}): Buffer {
  const { footer, header, blockBytes = DEFAULT_BLOCK_BYTES } = options;
  const blocks = piecesOf(disk, blockBytes);
  const table = Buffer.alloc(Math.ceil((blocks.length * 4) / SECTOR) * SECTOR, 0xff);
  const firstSector = (TABLE_OFFSET + table.length) / SECTOR;
  const data: Buffer[] = [];
  for (const [index, block] of blocks.entries()) {
    if (isZero(block)) continue;
    table.writeUInt32BE(firstSector + (data.length / 2) * (1 + blockBytes / SECTOR), index * 4);
    data.push(FULL_BITMAP, block);
  }
  const end = vhdFooter(disk.length, 3, footer);
  return Buffer.concat([end, dynamicHeader(blocks.length, blockBytes, header), table, ...data, end]);
}

/** "win " as creator: readers then trust the size, not the geometry. */
function vhdFooter(diskBytes: number, type: number, change?: (footer: Buffer) => void): Buffer {
  const footer = Buffer.alloc(SECTOR);
  footer.write('conectix', 'latin1');
  footer.writeUInt32BE(2, 8);
  footer.writeUInt32BE(0x10000, 12);
  footer.writeBigUInt64BE(type === 2 ? 0xffffffffffffffffn : BigInt(DYNAMIC_HEADER_OFFSET), 16);
  footer.write('win Wi2k', 28, 'latin1');
  footer.writeBigUInt64BE(BigInt(diskBytes), 40);
  footer.writeBigUInt64BE(BigInt(diskBytes), 48);
  footer.writeUInt16BE(Math.max(1, Math.floor(diskBytes / SECTOR / 4 / 17)), 56);
  footer.writeUInt8(4, 58);
  footer.writeUInt8(17, 59);
  footer.writeUInt32BE(type, 60);
  footer.fill(0x5a, 68, 84);
  change?.(footer);
  return sealed(footer, 64);
}

function dynamicHeader(blocks: number, blockBytes: number, change?: (header: Buffer) => void): Buffer {
  const header = padded(Buffer.from('cxsparse', 'latin1'), 1024);
  header.fill(0xff, 8, 16);
  header.writeBigUInt64BE(BigInt(TABLE_OFFSET), 16);
  header.writeUInt32BE(0x10000, 24);
  header.writeUInt32BE(blocks, 28);
  header.writeUInt32BE(blockBytes, 32);
  change?.(header);
  return sealed(header, 36);
}

function sealed(bytes: Buffer, checksumOffset: number): Buffer {
  bytes.writeUInt32BE(0, checksumOffset);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.writeUInt32BE(~sum >>> 0, checksumOffset);
  return bytes;
}
