import { padded } from './patched.ts';
import { type Qcow2Options, qcow2Image } from './qcow2.ts';

const CLUSTER = 65536;
const L2_TABLE = 4 * CLUSTER;
const REFCOUNT_BLOCK = 2 * CLUSTER;
const COMPRESSED = 1n << 62n;

/** A qcow2 image whose first cluster is what its L2 entry says. */
export function withFirstEntry(disk: Buffer, entry: bigint, options: Qcow2Options = {}): Buffer {
  const image = Buffer.from(qcow2Image(disk, options));
  image.writeBigUInt64BE(entry, L2_TABLE);
  return image;
}

/**
 * A qcow2 image whose first cluster is stored at its end, packed, `shift` bytes after the start of a cluster.
 * @param tail of the sectors that the entry counts, behind what is stored: the start of a next cluster
 */
export function withPackedCluster(disk: Buffer, stored: Buffer, { shift = 0, tail = Buffer.alloc(0) } = {}): Buffer {
  const image = padded(qcow2Image(disk), CLUSTER);
  const offset = image.length + shift;
  const end = Buffer.concat([Buffer.alloc(shift), stored, tail]);
  const sectors = Math.ceil(((offset % 512) + stored.length + tail.length) / 512);
  // 16 bits of cluster: the offset takes 54 bits, the number of further sectors those above.
  image.writeBigUInt64BE(COMPRESSED | (BigInt(sectors - 1) << 54n) | BigInt(offset), L2_TABLE);
  for (let cluster = image.length / CLUSTER; cluster * CLUSTER < image.length + end.length; cluster++) {
    image.writeUInt16BE(1, REFCOUNT_BLOCK + cluster * 2);
  }
  return Buffer.concat([image, end]);
}

/** Says that the clusters are packed with zstd: a longer header with the type, and its feature bit. */
export function asZstd(image: Buffer): Buffer {
  const copy = Buffer.from(image);
  copy.writeUInt8(8, 79);
  copy.writeUInt32BE(112, 100);
  copy.writeUInt8(1, 104);
  return copy;
}
