import { isZero, partsOf, piecesOf } from './patched.ts';

const CLUSTER_BYTES = 4096;
/** QEMU opens no image whose tables have one cluster only, though the specification allows it. */
const TABLE_CLUSTERS = 2;
const TABLE_BYTES = TABLE_CLUSTERS * CLUSTER_BYTES;

/** Header, L1 table, then each L2 table followed by its data. */
export function qedImage(disk: Buffer): Buffer {
  const l1 = Buffer.alloc(TABLE_BYTES);
  const parts: Buffer[] = [header(disk.length), l1];
  let end = CLUSTER_BYTES + TABLE_BYTES;
  for (const [index, l2Disk] of partsOf(disk, CLUSTER_BYTES * (TABLE_BYTES / 8)).entries()) {
    l1.writeBigUInt64LE(BigInt(end), index * 8);
    const table = Buffer.alloc(TABLE_BYTES);
    parts.push(table);
    end += table.length;
    for (const [entry, cluster] of piecesOf(l2Disk, CLUSTER_BYTES).entries()) {
      if (isZero(cluster)) continue;
      table.writeBigUInt64LE(BigInt(end), entry * 8);
      parts.push(cluster);
      end += cluster.length;
    }
  }
  return Buffer.concat(parts);
}

function header(diskBytes: number): Buffer {
  const bytes = Buffer.alloc(CLUSTER_BYTES);
  bytes.write('QED\0', 'latin1');
  bytes.writeUInt32LE(CLUSTER_BYTES, 4);
  bytes.writeUInt32LE(TABLE_CLUSTERS, 8);
  bytes.writeUInt32LE(1, 12);
  bytes.writeBigUInt64LE(BigInt(CLUSTER_BYTES), 40);
  bytes.writeBigUInt64LE(BigInt(diskBytes), 48);
  return bytes;
}
