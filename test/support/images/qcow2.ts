import { isZero, padded, partsOf, piecesOf } from './patched.ts';

export interface Qcow2Options {
  readonly version?: 2 | 3;
  readonly clusterBits?: number;
}

/** Header, refcount table, one refcount block, L1, L2 tables, data; the disk is small enough for one block. */
export function qcow2Image(disk: Buffer, { version = 3, clusterBits = 16 }: Qcow2Options = {}): Buffer {
  const clusterBytes = 2 ** clusterBits;
  const entries = clusterBytes / 8;
  const l2Disks = partsOf(disk, clusterBytes * entries);
  const l1 = padded(Buffer.alloc(l2Disks.length * 8), clusterBytes);
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
  const header = padded(qcow2Header(disk.length, { version, clusterBits, l1Entries: l2Disks.length }), clusterBytes);
  return Buffer.concat([
    header,
    refcountTable(clusterBytes),
    refcountBlock(clusterBytes, clusters),
    l1,
    ...l2Tables,
    ...data,
  ]);
}

/** Bit 63: the refcount is exactly one. */
const IN_USE = 1n << 63n;

function qcow2Header(
  virtualSize: number,
  { version, clusterBits, l1Entries }: { version: number; clusterBits: number; l1Entries: number },
): Buffer {
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
  header.writeUInt32BE(4, 96);
  header.writeUInt32BE(104, 100);
  return header;
}

function refcountTable(clusterBytes: number): Buffer {
  const table = Buffer.alloc(clusterBytes);
  table.writeBigUInt64BE(BigInt(2 * clusterBytes));
  return table;
}

function refcountBlock(clusterBytes: number, clusters: number): Buffer {
  const block = Buffer.alloc(clusterBytes);
  for (let cluster = 0; cluster < clusters; cluster++) block.writeUInt16BE(1, cluster * 2);
  return block;
}
