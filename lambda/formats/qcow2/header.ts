import type { Bytes } from '../reading/bytes.ts';
import type { Probe } from '../reading/probe.ts';
import type { Notice, Rule } from '../reading/rule.ts';

/** Shared with version 1, which is another format (qcow.ts). */
export const QCOW_MAGIC = Buffer.from('QFI\xfb', 'latin1');
const V2_HEADER_BYTES = 72;
const V3_HEADER_BYTES = 104;
/** Incompatible features (specification, "Header", bytes 72-79). */
const DIRTY = 1;
const CORRUPT = 2;
const EXTERNAL_DATA = 4;
const COMPRESSION_TYPE = 8;
const EXTENDED_L2 = 16;
const KNOWN_FEATURES = 0x1f;
/** Autoclear feature: the data file is a raw image of the disk. */
const RAW_EXTERNAL_DATA = 2;

const RULES = {
  version: { code: 'unsupported-variant', title: 'version 2 or 3', at: 'u32@4' },
  clusterBits: { code: 'corrupt-header', title: 'cluster size', at: 'u32@20' },
  headerBytes: { code: 'corrupt-header', title: 'length of the header', at: 'u32@100' },
  refcountOrder: { code: 'corrupt-header', title: 'width of the refcounts', at: 'u32@96' },
  features: { code: 'unknown-feature', title: 'incompatible features are known', at: 'u64@72' },
  compressionType: { code: 'unknown-feature', title: 'compression type is known', at: 'u8@104' },
  compressionBit: { code: 'corrupt-header', title: 'compression type agrees with its feature bit', at: 'u8@104' },
  // Even without a name: readers differ in what they do then.
  backingFile: { code: 'backing-file', title: 'backing file', at: 'u64@8', cve: 'CVE-2015-5163' },
  dataFile: {
    code: 'external-data-file',
    title: 'data file, by the feature bits',
    at: 'u64@72 bit 2, u64@88 bit 1',
    cve: 'CVE-2024-32498',
  },
  encryption: { code: 'encrypted', title: 'encryption', at: 'u32@32' },
  corrupt: { code: 'corrupt-header', title: 'mark of corruption', at: 'u64@72 bit 1' },
  extendedL2: { code: 'unsupported-variant', title: 'extended L2 entries', at: 'u64@72 bit 4' },
} as const satisfies Record<string, Rule>;

const NOTICES = {
  dirty: { code: 'not-closed-cleanly', title: 'closed cleanly', at: 'u64@72 bit 0' },
  snapshots: { code: 'internal-snapshots', title: 'internal snapshots', at: 'u32@60' },
} as const satisfies Record<string, Notice>;

export const HEADER_RULES: readonly (Rule | Notice)[] = [...Object.values(RULES), ...Object.values(NOTICES)];

export interface Qcow2Header {
  readonly version: number;
  readonly clusterBytes: number;
  readonly virtualSize: number;
  readonly l1Entries: number;
  readonly l1Offset: number;
  readonly refcountTableOffset: number;
  readonly refcountTableClusters: number;
  readonly snapshots: number;
  readonly snapshotsOffset: number;
  /** The low 32 incompatible feature bits; 0 in version 2. */
  readonly features: number;
  readonly refcountBits: number;
  readonly headerBytes: number;
  /** 0 is zlib, 1 is zstd. */
  readonly compressionType: number;
}

export const isVersion1 = (head: Bytes): boolean => head.has(4, Buffer.from([0, 0, 0, 1]));

export function parseHeader({ head, ledger }: Probe): Qcow2Header {
  const version = head.u32be(4);
  ledger.refuseIf(version !== 2 && version !== 3, RULES.version, `qcow2 version ${version} is not known.`);
  const clusterBits = head.u32be(20);
  ledger.refuseIf(
    clusterBits < 9 || clusterBits > 21,
    RULES.clusterBits,
    `qcow2 clusters cannot be of 2^${clusterBits} bytes.`,
  );
  const clusterBytes = 2 ** clusterBits;
  return {
    version,
    clusterBytes,
    virtualSize: head.u64be(24),
    l1Entries: head.u32be(36),
    l1Offset: head.u64be(40),
    refcountTableOffset: head.u64be(48),
    refcountTableClusters: head.u32be(56),
    snapshots: head.u32be(60),
    snapshotsOffset: head.u64be(64),
    ...(version === 2
      ? { features: 0, refcountBits: 16, headerBytes: V2_HEADER_BYTES, compressionType: 0 }
      : parseVersion3({ head, ledger }, clusterBytes)),
  };
}

type Header = Pick<Probe, 'head' | 'ledger'>;

function parseVersion3({ head, ledger }: Header, clusterBytes: number) {
  const headerBytes = head.u32be(100);
  ledger.refuseIf(
    headerBytes < V3_HEADER_BYTES || headerBytes % 8 !== 0 || headerBytes > clusterBytes,
    RULES.headerBytes,
    `The qcow2 header says that it is ${headerBytes} bytes long.`,
  );
  const refcountOrder = head.u32be(96);
  ledger.refuseIf(refcountOrder > 6, RULES.refcountOrder, `qcow2 refcounts cannot be of 2^${refcountOrder} bits.`);
  const features = head.u32be(76);
  const unknown = head.u32be(72) !== 0 || (features & ~KNOWN_FEATURES) !== 0;
  ledger.refuseIf(unknown, RULES.features, 'The qcow2 header asks for features that are not known here.');
  const compressionType = headerBytes > V3_HEADER_BYTES ? head.u8(104) : 0;
  checkCompressionType({ ledger }, compressionType, features);
  return { features, refcountBits: 2 ** refcountOrder, headerBytes, compressionType };
}

function checkCompressionType({ ledger }: Pick<Probe, 'ledger'>, type: number, features: number): void {
  ledger.refuseIf(
    type > 1,
    RULES.compressionType,
    `The qcow2 compression type ${type} is not known (0 is zlib, 1 is zstd).`,
  );
  const hasBit = (features & COMPRESSION_TYPE) !== 0;
  ledger.refuseIf(
    hasBit !== (type !== 0),
    RULES.compressionBit,
    `The qcow2 compression type is ${type}, but the feature bit says otherwise.`,
  );
}

export function refuseDangers({ head, ledger }: Header, { version, features }: Qcow2Header): void {
  ledger.refuseIf(
    !head.isZero(8, 8),
    RULES.backingFile,
    'The qcow2 image names a backing file: a part of the disk is elsewhere.',
  );
  const isRawExternal = version === 3 && (head.u32be(92) & RAW_EXTERNAL_DATA) !== 0;
  ledger.refuseIf(
    isRawExternal || (features & EXTERNAL_DATA) !== 0,
    RULES.dataFile,
    'The qcow2 image keeps its data in another file.',
  );
  ledger.refuseIf(head.u32be(32) !== 0, RULES.encryption, 'The qcow2 image is encrypted.');
  ledger.refuseIf(
    (features & CORRUPT) !== 0,
    RULES.corrupt,
    'The qcow2 image is marked as corrupt by the program that wrote it.',
  );
  ledger.refuseIf(
    (features & EXTENDED_L2) !== 0,
    RULES.extendedL2,
    'The qcow2 image has extended L2 entries (subclusters), which OpenStack refuses.',
  );
}

export function warnOfState({ ledger }: Pick<Probe, 'ledger'>, { features, snapshots }: Qcow2Header): void {
  const isDirty = (features & DIRTY) !== 0;
  ledger.warnIf(isDirty, NOTICES.dirty, 'The qcow2 image was not closed cleanly (dirty bit).');
  ledger.warnIf(
    snapshots > 0,
    NOTICES.snapshots,
    `The qcow2 image holds ${snapshots} internal snapshots, which are uploaded with it.`,
  );
}
