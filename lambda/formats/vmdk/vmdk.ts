import type { Bytes } from '../reading/bytes.ts';
import type { Format } from '../reading/format.ts';
import type { Probe } from '../reading/probe.ts';
import type { Notice, Rule } from '../reading/rule.ts';
import { checkDescriptor, DESCRIPTOR_RULES } from './descriptor.ts';
import { vmdkGrains } from './grains.ts';
import {
  ENTRY_BYTES,
  MAGIC,
  PART_OF_SPLIT,
  parseHeader,
  SECTOR_BYTES,
  SPARSE_HEADER_RULES,
  type SparseHeader,
} from './header.ts';
import { checkTables, directoryRange, TABLE_RULES } from './tables.ts';
import { isBareDescriptor } from './text.ts';

const ESX_SPARSE = 'COWD';
const SE_SPARSE = Buffer.from([0xbe, 0xba, 0xfe, 0xca, 0, 0, 0, 0]);
/** The footer marker, the footer and the end-of-stream marker, of one sector each. */
const TRAILER_BYTES = 3 * SECTOR_BYTES;
/** A marker is {u64 sectors, u32 size, u32 type, zeros}; size 0 and type 3 announce the footer. */
const FOOTER_MARKER = Buffer.from([0, 0, 0, 0, 3, 0, 0, 0]);
/** Of the first grain, fetched at once: enough for a packed partition table. */
const FIRST_GRAIN_BYTES = 32 * 1024;

const RULES = {
  esxSparse: { code: 'unsupported-variant', title: 'the old ESX kind (COWD)', at: '4 bytes at 0' },
  seSparse: { code: 'unsupported-variant', title: 'the seSparse kind', at: '8 bytes at 0' },
  bareDescriptor: { code: 'unsafe-extent', title: 'descriptor alone', at: 'byte 0', cve: 'CVE-2022-47951' },
  ownDescriptor: { code: 'unsupported-variant', title: 'descriptor has text', at: 'descriptor at 512' },
  compressionAndType: { code: 'corrupt-header', title: 'compression agrees with createType', at: 'u16@77' },
  metadata: { code: 'truncated', title: 'metadata lie inside the file', at: 'u64@64' },
  trailer: { code: 'truncated', title: 'footer and end-of-stream marker', at: 'last 1536 bytes' },
  wholeSectors: { code: 'corrupt-header', title: 'footer is in the same place for all readers', at: 'file size' },
  footerCopy: { code: 'corrupt-header', title: 'footer agrees with the header', at: 'last 1024 bytes' },
  footerDirectory: { code: 'corrupt-header', title: 'footer names the grain directory', at: 'u64@56 of the footer' },
  directory: { code: 'corrupt-header', title: 'grain directory is named', at: 'u64@56' },
  directoryPlace: { code: 'corrupt-header', title: 'grain directory is behind the descriptor', at: 'u64@56' },
  directoryInsideFile: { code: 'truncated', title: 'grain directory is inside the file', at: 'u64@56' },
} as const satisfies Record<string, Rule>;

const CLEAN: Notice = { code: 'not-closed-cleanly', title: 'closed cleanly', at: 'u8@72' };

/** VMware, Virtual Disk Format 5.0: sparse extents with a descriptor inside. */
export const vmdk: Format = {
  name: 'vmdk',
  rules: [...Object.values(RULES), ...SPARSE_HEADER_RULES, ...DESCRIPTOR_RULES, ...TABLE_RULES, CLEAN],
  matches: ({ head }) =>
    head.has(0, MAGIC) || head.has(0, ESX_SPARSE) || head.has(0, SE_SPARSE) || isBareDescriptor(firstText(head)),
  async inspect(probe) {
    refuseOtherVariants(probe);
    const { head, ledger } = probe;
    const header = parseHeader(probe);
    const text = head.slice(SECTOR_BYTES, header.descriptorBytes).toString('latin1');
    // QEMU leaves room for a descriptor in each part of a split disk; VMware leaves none (descriptorPlace).
    const isPart = text.startsWith('\0');
    ledger.refuseIf(isPart, RULES.ownDescriptor, PART_OF_SPLIT.message, PART_OF_SPLIT);
    const createType = checkDescriptor(text, ledger);
    ledger.refuseIf(
      header.isCompressed !== (createType === 'streamOptimized'),
      RULES.compressionAndType,
      `The VMDK says that it is ${createType}, but its header says ${header.isCompressed ? '' : 'un'}compressed.`,
    );
    ledger.refuseShorterThan(header.dataOffset, RULES.metadata, 'the metadata of the VMDK');
    const directory = checkedDirectory(probe, header);
    await probe.prefetch([directoryRange(header, directory), { offset: header.dataOffset, length: FIRST_GRAIN_BYTES }]);
    await checkTables(probe, header, directory);
    ledger.warnIf(!header.isClean, CLEAN, 'The VMDK was not closed cleanly.');
    const guest = vmdkGrains(probe, header, directory);
    return { subformat: createType, virtualSize: header.capacityBytes, guest };
  },
};

/** The bytes before the first zero: nearly none when the file is not text. */
function firstText(head: Bytes): string {
  const bytes = head.slice(0, head.length);
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
}

function refuseOtherVariants({ head, ledger }: Probe): void {
  ledger.refuseIf(head.has(0, ESX_SPARSE), RULES.esxSparse, 'The VMDK is of the old ESX kind (COWD).');
  ledger.refuseIf(head.has(0, SE_SPARSE), RULES.seSparse, 'The VMDK is of the seSparse kind.');
  ledger.refuseIf(
    !head.has(0, MAGIC),
    RULES.bareDescriptor,
    'The file is only the descriptor of a VMDK: the disk itself is in the other files that it names.',
  );
}

/** @returns where the grain directory begins, in bytes */
function checkedDirectory(probe: Probe, { grainTables, descriptorEnd }: SparseHeader): number {
  const { head, tail, ledger } = probe;
  const isAtEnd = head.isAllOnes(56, 8);
  if (isAtEnd) checkTrailer(probe);
  const sector = isAtEnd ? tail.u64le(tail.length - 1024 + 56) : head.u64le(56);
  ledger.refuseIf(sector === 0, RULES.directory, 'The VMDK has no grain directory.');
  const offset = sector * SECTOR_BYTES;
  const message = `The grain directory of a VMDK cannot be at byte ${offset}.`;
  ledger.refuseIf(offset < descriptorEnd, RULES.directoryPlace, message);
  ledger.refuseShorterThan(
    offset + grainTables * ENTRY_BYTES,
    RULES.directoryInsideFile,
    'the grain directory of the VMDK',
  );
  return offset;
}

/** The footer repeats the header, and readers follow the footer: what it says must be what was checked in the header. */
function checkTrailer({ head, tail, size, ledger }: Probe): void {
  const start = tail.length - TRAILER_BYTES;
  const footer = start + SECTOR_BYTES;
  const isWhole =
    start >= 0 &&
    tail.has(start + 8, FOOTER_MARKER) &&
    tail.has(footer, MAGIC) &&
    tail.isZero(footer + SECTOR_BYTES, SECTOR_BYTES);
  ledger.refuseIf(!isWhole, RULES.trailer, 'The VMDK does not end with its footer and end-of-stream marker.');
  // QEMU rounds the size up before it looks for the footer, and would find another one there.
  const isInPlace = size % SECTOR_BYTES === 0;
  ledger.refuseIf(!isInPlace, RULES.wholeSectors, `The VMDK has a footer, but ${size} bytes are not whole sectors.`);
  // Version to grain table size, and the compression.
  const isCopy = tail.has(footer + 4, head.slice(4, 44)) && tail.has(footer + 77, head.slice(77, 2));
  ledger.refuseIf(!isCopy, RULES.footerCopy, 'The footer of the VMDK contradicts its header.');
  const hasDirectory = !tail.isAllOnes(footer + 56, 8);
  ledger.refuseIf(!hasDirectory, RULES.footerDirectory, 'The footer of the VMDK names no grain directory.');
}
