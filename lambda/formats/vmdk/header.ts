import { isPowerOfTwo } from '../reading/bytes.ts';
import { HEAD_BYTES, type Probe } from '../reading/probe.ts';
import type { Rule } from '../reading/rule.ts';

export const MAGIC = 'KDMV';
export const SECTOR_BYTES = 512;
/** Bytes that a transfer as text would change. */
const NEWLINE_CHECK = Buffer.from('\n \r\n', 'latin1');
const DEFLATE = 1;
/** Of a grain directory or table. */
export const ENTRY_BYTES = 4;
/** Stands for a grain of zeros, where the flags say so. */
export const ZERO_GRAIN = 1;
/** A packed grain follows its sector number and length ("Grain Markers"). */
export const GRAIN_MARKER_BYTES = 12;
const MAX_TABLE_ENTRIES = 512;
/** A power of two above 8 sectors ("Sparse Extent Header"); QEMU accepts at most 1 GiB. */
const [MIN_GRAIN_SECTORS, MAX_GRAIN_SECTORS] = [16, 2 ** 21];
/** Flags (VMware, Virtual Disk Format 5.0, "Sparse Extent Header"): an entry of 1 is a grain of zeros; markers. */
const HAS_ZERO_GRAINS = 4;
const HAS_MARKERS = 0x20000;

const RULES = {
  version: { code: 'unsupported-variant', title: 'version 1 to 3', at: 'u32@4' },
  newlines: { code: 'corrupt-header', title: 'transferred as it is, not as text', at: '4 bytes at 73' },
  compression: { code: 'unsupported-variant', title: 'compression is known', at: 'u16@77' },
  // A reader would then open the extents that the descriptor names.
  capacity: { code: 'unsafe-extent', title: 'capacity of its own', at: 'u64@12', cve: 'CVE-2022-47951' },
  capacityBound: { code: 'corrupt-header', title: 'capacity can be', at: 'u64@12' },
  tables: { code: 'corrupt-header', title: 'sizes of grains and grain tables', at: 'u64@20, u32@44' },
  descriptorPlace: { code: 'unsupported-variant', title: 'descriptor is inside', at: 'u64@28' },
  descriptorSize: { code: 'corrupt-header', title: 'size of the descriptor', at: 'u64@36' },
} as const satisfies Record<string, Rule>;

/** What a file without a descriptor is. */
export const PART_OF_SPLIT = {
  message: 'The VMDK has no descriptor inside: it is one of several files of a disk.',
  nextStep:
    'Convert the disk with `qemu-img convert -O qcow2` by the file that names all parts, and drop the new file.',
} as const;

export const SPARSE_HEADER_RULES: readonly Rule[] = Object.values(RULES);

export interface SparseHeader {
  readonly capacityBytes: number;
  readonly descriptorBytes: number;
  /** Where the descriptor ends, in bytes: tables and grains lie behind it. */
  readonly descriptorEnd: number;
  readonly grainBytes: number;
  readonly entriesPerTable: number;
  /** In whole sectors. */
  readonly tableBytes: number;
  readonly grainTables: number;
  readonly isCompressed: boolean;
  readonly hasMarkers: boolean;
  readonly hasZeroGrains: boolean;
  readonly dataOffset: number;
  readonly isClean: boolean;
}

/** VMware, Virtual Disk Format 5.0, "Sparse Extent Header". */
export function parseHeader(probe: Probe): SparseHeader {
  const { head, ledger } = probe;
  const version = head.u32le(4);
  ledger.refuseIf(version < 1 || version > 3, RULES.version, `VMDK version ${version} is not known.`);
  const isIntact = head.has(73, NEWLINE_CHECK);
  ledger.refuseIf(!isIntact, RULES.newlines, 'The VMDK was damaged by a transfer as text.');
  const compression = head.u16le(77);
  ledger.refuseIf(compression > DEFLATE, RULES.compression, `VMDK compression ${compression} is not known.`);
  const flags = head.u32le(8);
  const grains = parseGrains(probe);
  const descriptorBytes = parseDescriptorBytes(probe);
  return {
    ...grains,
    descriptorBytes,
    descriptorEnd: SECTOR_BYTES + descriptorBytes,
    isCompressed: compression === DEFLATE,
    hasMarkers: (flags & HAS_MARKERS) !== 0,
    hasZeroGrains: (flags & HAS_ZERO_GRAINS) !== 0,
    dataOffset: head.u64le(64) * SECTOR_BYTES,
    isClean: head.u8(72) === 0,
  };
}

function parseGrains({ head, ledger }: Probe) {
  const capacity = head.u64le(12);
  ledger.refuseIf(capacity === 0, RULES.capacity, 'The VMDK has no capacity of its own and leaves it to other files.');
  const capacityBytes = capacity * SECTOR_BYTES;
  const isPossible = Number.isSafeInteger(capacityBytes);
  ledger.refuseIf(!isPossible, RULES.capacityBound, `A VMDK cannot have ${capacityBytes} bytes.`);
  const [grainSectors, entriesPerTable] = [head.u64le(20), head.u32le(44)];
  ledger.refuseIf(
    !isPowerOfTwo(grainSectors, MIN_GRAIN_SECTORS, MAX_GRAIN_SECTORS) ||
      entriesPerTable === 0 ||
      entriesPerTable > MAX_TABLE_ENTRIES,
    RULES.tables,
    `VMDK tables of ${entriesPerTable} grains of ${grainSectors} sectors are not possible.`,
  );
  const grainTables = Math.ceil(capacity / (grainSectors * entriesPerTable));
  return {
    capacityBytes,
    grainBytes: grainSectors * SECTOR_BYTES,
    entriesPerTable,
    tableBytes: Math.ceil((entriesPerTable * ENTRY_BYTES) / SECTOR_BYTES) * SECTOR_BYTES,
    grainTables,
  };
}

function parseDescriptorBytes({ head, ledger }: Probe): number {
  const [startSector, sectors] = [head.u64le(28), head.u64le(36)];
  ledger.refuseIf(startSector !== 1, RULES.descriptorPlace, PART_OF_SPLIT.message, PART_OF_SPLIT);
  const bytes = sectors * SECTOR_BYTES;
  ledger.refuseIf(
    bytes === 0 || SECTOR_BYTES + bytes > HEAD_BYTES,
    RULES.descriptorSize,
    `The VMDK descriptor cannot have ${bytes} bytes.`,
  );
  return bytes;
}
