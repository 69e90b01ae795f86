import type { Bytes } from './bytes.ts';
import { type Format, foundImage } from './format.ts';
import { HEAD_BYTES, type Probe } from './probe.ts';
import { refuseIf, refuseShorterThan } from './refuse.ts';
import { checkDescriptor, isBareDescriptor } from './vmdk-descriptor.ts';

const MAGIC = 'KDMV';
const ESX_SPARSE = 'COWD';
const SE_SPARSE = Buffer.from([0xbe, 0xba, 0xfe, 0xca, 0, 0, 0, 0]);
const SECTOR_BYTES = 512;
/** Bytes that a transfer as text would change. */
const NEWLINE_CHECK = Buffer.from('\n \r\n', 'latin1');
const DEFLATE = 1;
const MAX_TABLE_ENTRIES = 512;
/** The footer marker, the footer and the end-of-stream marker, of one sector each. */
const TRAILER_BYTES = 3 * SECTOR_BYTES;
/** A marker is {u64 sectors, u32 size, u32 type, zeros}; size 0 and type 3 announce the footer. */
const FOOTER_MARKER = Buffer.from([0, 0, 0, 0, 3, 0, 0, 0]);

interface SparseHeader {
  readonly capacityBytes: number;
  readonly descriptorBytes: number;
  readonly grainTables: number;
  readonly isCompressed: boolean;
  readonly dataOffset: number;
  readonly isClean: boolean;
}

/** VMware, Virtual Disk Format 5.0: sparse extents with a descriptor inside. */
export const vmdk: Format = {
  name: 'vmdk',
  matches: ({ head }) =>
    head.has(0, MAGIC) || head.has(0, ESX_SPARSE) || head.has(0, SE_SPARSE) || isBareDescriptor(latin1(head)),
  inspect(probe) {
    const { head } = probe;
    refuseOtherVariants(head);
    const header = parseHeader(head);
    const createType = checkDescriptor(head.slice(SECTOR_BYTES, header.descriptorBytes).toString('latin1'));
    refuseIf(
      header.isCompressed !== (createType === 'streamOptimized'),
      'corrupt-header',
      `The VMDK says that it is ${createType}, but its header says ${header.isCompressed ? '' : 'un'}compressed.`,
    );
    refuseShorterThan(header.dataOffset, probe.size, 'the metadata of the VMDK');
    checkGrainDirectory(probe, header);
    const warnings = header.isClean ? [] : ['The VMDK was not closed cleanly.'];
    return foundImage('vmdk', header.capacityBytes, { subformat: createType, warnings });
  },
};

const latin1 = (bytes: Bytes): string => bytes.slice(0, bytes.length).toString('latin1');

function refuseOtherVariants(head: Bytes): void {
  refuseIf(head.has(0, ESX_SPARSE), 'unsupported-variant', 'The VMDK is of the old ESX kind (COWD).');
  refuseIf(head.has(0, SE_SPARSE), 'unsupported-variant', 'The VMDK is of the seSparse kind.');
  refuseIf(
    !head.has(0, MAGIC),
    'unsafe-extent',
    'The file is only the descriptor of a VMDK: the disk itself is in the other files that it names (CVE-2022-47951).',
  );
}

function parseHeader(head: Bytes): SparseHeader {
  const version = head.u32le(4);
  refuseIf(version < 1 || version > 3, 'unsupported-variant', `VMDK version ${version} is not known.`);
  refuseIf(!head.has(73, NEWLINE_CHECK), 'corrupt-header', 'The VMDK was damaged by a transfer as text.');
  const compression = head.u16le(77);
  refuseIf(compression > DEFLATE, 'unsupported-variant', `VMDK compression ${compression} is not known.`);
  const capacity = head.u64le(12);
  // A reader would then open the extents that the descriptor names.
  refuseIf(capacity === 0, 'unsafe-extent', 'The VMDK has no capacity of its own and leaves it to other files.');
  return {
    capacityBytes: bounded(capacity * SECTOR_BYTES),
    descriptorBytes: descriptorBytes(head),
    grainTables: Math.ceil(capacity / sectorsPerTable(head)),
    isCompressed: compression === DEFLATE,
    dataOffset: head.u64le(64) * SECTOR_BYTES,
    isClean: head.u8(72) === 0,
  };
}

function bounded(capacityBytes: number): number {
  refuseIf(!Number.isSafeInteger(capacityBytes), 'corrupt-header', `A VMDK cannot have ${capacityBytes} bytes.`);
  return capacityBytes;
}

function sectorsPerTable(head: Bytes): number {
  const [grainSectors, tableEntries] = [head.u64le(20), head.u32le(44)];
  refuseIf(
    grainSectors === 0 || tableEntries === 0 || tableEntries > MAX_TABLE_ENTRIES,
    'corrupt-header',
    `VMDK tables of ${tableEntries} grains of ${grainSectors} sectors are not possible.`,
  );
  return grainSectors * tableEntries;
}

function descriptorBytes(head: Bytes): number {
  const [startSector, sectors] = [head.u64le(28), head.u64le(36)];
  refuseIf(
    startSector !== 1,
    'unsupported-variant',
    'The VMDK has no descriptor inside: it is one of several files of a disk.',
  );
  const bytes = sectors * SECTOR_BYTES;
  refuseIf(
    bytes === 0 || SECTOR_BYTES + bytes > HEAD_BYTES,
    'corrupt-header',
    `The VMDK descriptor cannot have ${bytes} bytes.`,
  );
  return bytes;
}

function checkGrainDirectory(probe: Probe, { grainTables }: SparseHeader): void {
  const { head, tail, size } = probe;
  const isAtEnd = head.isAllOnes(56, 8);
  if (isAtEnd) checkTrailer(probe);
  const header = isAtEnd ? tail.u64le(tail.length - 1024 + 56) : head.u64le(56);
  refuseIf(header === 0, 'corrupt-header', 'The VMDK has no grain directory.');
  refuseShorterThan(header * SECTOR_BYTES + grainTables * 4, size, 'the grain directory of the VMDK');
}

/** The footer repeats the header, and readers follow the footer: what it says must be what was checked in the header. */
function checkTrailer({ head, tail }: Probe): void {
  const start = tail.length - TRAILER_BYTES;
  const footer = start + SECTOR_BYTES;
  const isWhole =
    start >= 0 &&
    tail.has(start + 8, FOOTER_MARKER) &&
    tail.has(footer, MAGIC) &&
    tail.isZero(footer + SECTOR_BYTES, SECTOR_BYTES);
  refuseIf(!isWhole, 'truncated', 'The VMDK does not end with its footer and end-of-stream marker.');
  // Version to grain table size, and the compression.
  const isCopy = tail.has(footer + 4, head.slice(4, 44)) && tail.has(footer + 77, head.slice(77, 2));
  refuseIf(!isCopy, 'corrupt-header', 'The footer of the VMDK contradicts its header.');
  refuseIf(tail.isAllOnes(footer + 56, 8), 'corrupt-header', 'The footer of the VMDK names no grain directory.');
}
