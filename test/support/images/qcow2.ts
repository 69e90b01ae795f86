import { isZero, padded, partsOf, piecesOf } from './patched.ts';

export interface Qcow2Options {
  readonly version?: 2 | 3;
  readonly clusterBits?: number;
  /** Refcounts have 2^this bits; 16 bits by default. */
  readonly refcountOrder?: number;
  /** Bytes that the guest sees, when more than the disk that is given: zeros follow it. */
  readonly virtualSize?: number;
}

/** Header, refcount table, one refcount block, L1, L2 tables, data; the disk is small enough for one block. */
export function qcow2Image(disk: Buffer, options: Qcow2Options = {}): Buffer {
  const { version = 3, clusterBits = 16, refcountOrder = 4, virtualSize = disk.length } = options;
  const clusterBytes = 2 ** clusterBits;
  const entries = clusterBytes / 8;
  const l2Disks = partsOf(disk, clusterBytes * entries);
  const l1Entries = Math.ceil(virtualSize / (clusterBytes * entries));
  const l1 = padded(Buffer.alloc(l1Entries * 8), clusterBytes);
  const firstL2 = 3 + l1.length / clusterBytes;
  const l2Tables: Buffer[] = [];
  const data: Buffer[] = [];
  for (const [index, l2Disk] of l2Disks.entries()) {
    l1.writeBigUInt64BE(IN_USE | BigInt((firstL2 + index) * clusterBytes), index * 8);
    const table = Buffer.alloc(clusterBytes);
    for (const [entry, cluster] of piecesOf(l2Disk, clusterBytes).entries()) {
      if (isZero(cluster)) continue;
      const place = (firstL2 + l2Disks.length + data.length) * clusterBytes;
      table.writeBigUInt64BE(IN_USE | BigInt(place), entry * 8);
      data.push(cluster);
    }
    l2Tables.push(table);
  }
  const clusters = firstL2 + l2Tables.length + data.length;
  const header = padded(qcow2Header(virtualSize, { version, clusterBits, l1Entries, refcountOrder }), clusterBytes);
  return Buffer.concat([
    header,
    refcountTable(clusterBytes),
    refcountBlock(clusterBytes, clusters, 2 ** refcountOrder),
    l1,
    ...l2Tables,
    ...data,
  ]);
}

/** Bit 63: the refcount is exactly one. */
const IN_USE = 1n << 63n;

function qcow2Header(
  virtualSize: number,
  fields: { version: number; clusterBits: number; l1Entries: number; refcountOrder: number },
): Buffer {
  const { version, clusterBits, l1Entries, refcountOrder } = fields;
  const header = Buffer.alloc(version === 2 ? 72 : 104);
  header.write('QFI\xfb', 'latin1');
  header.writeUInt32BE(version, 4);
  header.writeUInt32BE(clusterBits, 20);
  header.writeBigUInt64BE(BigInt(virtualSize), 24);
  header.writeUInt32BE(l1Entries, 36);
  header.writeBigUInt64BE(BigInt(3 * 2 ** clusterBits), 40);
  header.writeBigUInt64BE(BigInt(2 ** clusterBits), 48);
  header.writeUInt32BE(1, 56);
  if (version === 2) return header;
  header.writeUInt32BE(refcountOrder, 96);
  header.writeUInt32BE(104, 100);
  return header;
}

function refcountTable(clusterBytes: number): Buffer {
  const table = Buffer.alloc(clusterBytes);
  table.writeBigUInt64BE(BigInt(2 * clusterBytes));
  return table;
}

/** Counts below 8 bits lie in their byte from the lowest bit up, wider ones have their highest byte first. */
function refcountBlock(clusterBytes: number, clusters: number, refcountBits: number): Buffer {
  const block = Buffer.alloc(clusterBytes);
  for (let cluster = 0; cluster < clusters; cluster++) {
    const bit = cluster * refcountBits + (refcountBits < 8 ? 0 : refcountBits - 8);
    const offset = Math.floor(bit / 8);
    block.writeUInt8(block.readUInt8(offset) | (1 << (bit % 8)), offset);
  }
  return block;
}
