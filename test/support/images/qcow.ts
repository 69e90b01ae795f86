import { isZero, padded, partsOf, piecesOf } from './patched.ts';

const CLUSTER_BITS = 12;
const L2_BITS = 9;
const CLUSTER_BYTES = 2 ** CLUSTER_BITS;
const HEADER_BYTES = 48;

/** Header, L1, then each L2 table followed by its data. */
export function qcowImage(disk: Buffer): Buffer {
  const l2Disks = partsOf(disk, CLUSTER_BYTES * 2 ** L2_BITS);
  const start = padded(Buffer.alloc(HEADER_BYTES + l2Disks.length * 8), CLUSTER_BYTES);
  start.write('QFI\xfb', 'latin1');
  start.writeUInt32BE(1, 4);
  start.writeBigUInt64BE(BigInt(disk.length), 24);
  start.writeUInt8(CLUSTER_BITS, 32);
  start.writeUInt8(L2_BITS, 33);
  start.writeBigUInt64BE(BigInt(HEADER_BYTES), 40);
  const parts = [start];
  let end = start.length;
  for (const [index, l2Disk] of l2Disks.entries()) {
    start.writeBigUInt64BE(BigInt(end), HEADER_BYTES + index * 8);
    const table = Buffer.alloc(2 ** L2_BITS * 8);
    parts.push(table);
    end += table.length;
    for (const [entry, cluster] of piecesOf(l2Disk, CLUSTER_BYTES).entries()) {
      if (isZero(cluster)) continue;
      table.writeBigUInt64BE(BigInt(end), entry * 8);
      parts.push(cluster);
      end += cluster.length;
    }
  }
  return Buffer.concat(parts);
}
