import type { Bytes } from './bytes.ts';
import { type Format, foundImage } from './format.ts';
import type { Probe } from './probe.ts';
import { refuseDangerousExtensions } from './qcow2-extensions.ts';
import { refuseClustersPastTheEnd } from './qcow2-refcounts.ts';
import { refuseIf, refuseShorterThan } from './refuse.ts';

/** Shared with version 1, which is another format (qcow.ts). */
export const QCOW_MAGIC = Buffer.from('QFI\xfb', 'latin1');
const V2_HEADER_BYTES = 72;
const V3_HEADER_BYTES = 104;
/** QEMU, block/qcow2.h: QCOW_MAX_L1_SIZE. */
const MAX_L1_BYTES = 32 * 1024 * 1024;
/** QEMU, block/qcow2.h: QCOW_MAX_REFTABLE_SIZE. */
const MAX_REFTABLE_BYTES = 8 * 1024 * 1024;
/** Incompatible features (specification, "Header", bytes 72-79). */
const DIRTY = 1;
const CORRUPT = 2;
const EXTERNAL_DATA = 4;
const COMPRESSION_TYPE = 8;
const EXTENDED_L2 = 16;
const KNOWN_FEATURES = 0x1f;
/** Autoclear feature: the data file is a raw image of the disk. */
const RAW_EXTERNAL_DATA = 2;

interface Qcow2Header {
  readonly version: number;
  readonly clusterBytes: number;
  readonly virtualSize: number;
  readonly l1Entries: number;
  readonly l1Offset: number;
  readonly refcountTableOffset: number;
  readonly refcountTableClusters: number;
  readonly snapshots: number;
  /** The low 32 incompatible feature bits; 0 in version 2. */
  readonly features: number;
  readonly refcountBits: number;
  readonly headerBytes: number;
}

/** QEMU, docs/interop/qcow2.txt. */
export const qcow2: Format = {
  name: 'qcow2',
  matches: ({ head }) => head.has(0, QCOW_MAGIC) && !isVersion1(head),
  async inspect(probe) {
    const header = parseHeader(probe.head);
    refuseDangers(probe.head, header);
    refuseDangerousExtensions(probe, header);
    checkTables(probe, header);
    await refuseClustersPastTheEnd(probe, header);
    return foundImage('qcow2', header.virtualSize, { subformat: `v${header.version}`, warnings: warningsOf(header) });
  },
};

export const isVersion1 = (head: Bytes): boolean => head.has(4, Buffer.from([0, 0, 0, 1]));

function parseHeader(head: Bytes): Qcow2Header {
  const version = head.u32be(4);
  refuseIf(version !== 2 && version !== 3, 'unsupported-variant', `qcow2 version ${version} is not known.`);
  const clusterBits = head.u32be(20);
  refuseIf(
    clusterBits < 9 || clusterBits > 21,
    'corrupt-header',
    `qcow2 clusters cannot be of 2^${clusterBits} bytes.`,
  );
  return {
    version,
    clusterBytes: 2 ** clusterBits,
    virtualSize: head.u64be(24),
    l1Entries: head.u32be(36),
    l1Offset: head.u64be(40),
    refcountTableOffset: head.u64be(48),
    refcountTableClusters: head.u32be(56),
    snapshots: head.u32be(60),
    ...(version === 2
      ? { features: 0, refcountBits: 16, headerBytes: V2_HEADER_BYTES }
      : parseVersion3(head, 2 ** clusterBits)),
  };
}

function parseVersion3(head: Bytes, clusterBytes: number) {
  const headerBytes = head.u32be(100);
  refuseIf(
    headerBytes < V3_HEADER_BYTES || headerBytes % 8 !== 0 || headerBytes > clusterBytes,
    'corrupt-header',
    `The qcow2 header says that it is ${headerBytes} bytes long.`,
  );
  const refcountOrder = head.u32be(96);
  refuseIf(refcountOrder > 6, 'corrupt-header', `qcow2 refcounts cannot be of 2^${refcountOrder} bits.`);
  const features = head.u32be(76);
  const unknown = head.u32be(72) !== 0 || (features & ~KNOWN_FEATURES) !== 0;
  refuseIf(unknown, 'unknown-feature', 'The qcow2 header asks for features that are not known here.');
  checkCompressionType(head, headerBytes, features);
  return { features, refcountBits: 2 ** refcountOrder, headerBytes };
}

function checkCompressionType(head: Bytes, headerBytes: number, features: number): void {
  const type = headerBytes > V3_HEADER_BYTES ? head.u8(104) : 0;
  refuseIf(type > 1, 'unknown-feature', `The qcow2 compression type ${type} is not known (0 is zlib, 1 is zstd).`);
  const hasBit = (features & COMPRESSION_TYPE) !== 0;
  refuseIf(
    hasBit !== (type !== 0),
    'corrupt-header',
    `The qcow2 compression type is ${type}, but the feature bit says otherwise.`,
  );
}

function refuseDangers(head: Bytes, { version, features }: Qcow2Header): void {
  // Even without a name: readers differ in what they do then (CVE-2015-5163 and its family read host files this way).
  refuseIf(
    !head.isZero(8, 8),
    'backing-file',
    'The qcow2 image names a backing file: a part of the disk is elsewhere.',
  );
  const isRawExternal = version === 3 && (head.u32be(92) & RAW_EXTERNAL_DATA) !== 0;
  refuseIf(
    isRawExternal || (features & EXTERNAL_DATA) !== 0,
    'external-data-file',
    'The qcow2 image keeps its data in another file (CVE-2024-32498).',
  );
  refuseIf(head.u32be(32) !== 0, 'encrypted', 'The qcow2 image is encrypted.');
  refuseIf(
    (features & CORRUPT) !== 0,
    'corrupt-header',
    'The qcow2 image is marked as corrupt by the program that wrote it.',
  );
  refuseIf(
    (features & EXTENDED_L2) !== 0,
    'unsupported-variant',
    'The qcow2 image has extended L2 entries (subclusters), which OpenStack refuses.',
  );
}

function checkTables(probe: Probe, header: Qcow2Header): void {
  const { clusterBytes, virtualSize, l1Entries, l1Offset, refcountTableOffset, refcountTableClusters } = header;
  const bytesPerL1Entry = clusterBytes * (clusterBytes / 8);
  refuseIf(
    l1Entries * 8 > MAX_L1_BYTES || l1Entries < Math.ceil(virtualSize / bytesPerL1Entry),
    'corrupt-header',
    `The qcow2 L1 table has ${l1Entries} entries, which does not fit a disk of ${virtualSize} bytes.`,
  );
  refuseIf(
    refcountTableClusters < 1 || refcountTableClusters * clusterBytes > MAX_REFTABLE_BYTES,
    'corrupt-header',
    `The qcow2 refcount table cannot have ${refcountTableClusters} clusters.`,
  );
  refuseIf(
    l1Offset === 0 || l1Offset % clusterBytes !== 0 || refcountTableOffset % clusterBytes !== 0,
    'corrupt-header',
    'The qcow2 tables do not begin at a cluster of their own.',
  );
  refuseShorterThan(l1Offset + l1Entries * 8, probe.size, 'the qcow2 L1 table');
}

function warningsOf({ features, snapshots }: Qcow2Header): string[] {
  const warnings: string[] = [];
  if ((features & DIRTY) !== 0) warnings.push('The qcow2 image was not closed cleanly (dirty bit).');
  if (snapshots > 0)
    warnings.push(`The qcow2 image holds ${snapshots} internal snapshots, which are uploaded with it.`);
  return warnings;
}
