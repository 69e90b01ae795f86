import { type Bytes, isPowerOfTwo } from '../reading/bytes.ts';
import type { Disk } from '../reading/format.ts';
import type { Probe } from '../reading/probe.ts';
import type { Rule } from '../reading/rule.ts';
import { type BlockTable, checkBlocks, VHD_BLOCK_RULES, vhdBlocks } from './blocks.ts';
import { FOOTER_BYTES, onesComplementSum, type VhdFooter } from './footer.ts';

/** "Dynamic Disk Header Format": 1,024 bytes, with its checksum at 36. */
const HEADER_BYTES = 1024;
const CHECKSUM_OFFSET = 36;
const VERSION = 0x10000;
const MAX_BLOCK_BYTES = 2 ** 31;
/** Of a parent: its UUID, its name in 256 characters of 16 bits, and where further names of it stand. */
const PARENT_ID = { offset: 40, length: 16 };
const PARENT_NAME = { offset: 64, length: 512 };
const LOCATORS = { offset: 576, count: 8, bytes: 24, lengthOffset: 8 };

const RULES = {
  copy: { code: 'corrupt-header', title: 'copy of the footer at the start', at: 'byte 0' },
  signature: { code: 'corrupt-header', title: 'dynamic header', at: 'u64@16' },
  checksum: { code: 'corrupt-header', title: 'checksum of the dynamic header', at: 'u32@36 of the dynamic header' },
  version: { code: 'unsupported-variant', title: 'dynamic header of version 1.0', at: 'u32@24 of the dynamic header' },
  // Readers open such a file without its parent and without a word.
  parentId: { code: 'parent-image', title: 'parent image, by its UUID', at: 'UUID at 40 of the dynamic header' },
  parentName: {
    code: 'parent-image',
    title: 'parent image, by its names',
    at: '512 bytes at 64, locators at 576 of the dynamic header',
  },
  blocks: { code: 'corrupt-header', title: 'blocks fit the disk', at: 'u32@28, u32@32 of the dynamic header' },
  places: {
    code: 'corrupt-header',
    title: 'header and block table have places of their own',
    at: 'u64@16, u64@16 of the dynamic header',
  },
  table: { code: 'truncated', title: 'block table is inside the file', at: 'u64@16 of the dynamic header' },
} as const satisfies Record<string, Rule>;

export const VHD_DYNAMIC_RULES: readonly Rule[] = [...Object.values(RULES), ...VHD_BLOCK_RULES];

/** Virtual Hard Disk Image Format Specification 1.0, "Dynamic Hard Disk Image". */
export async function inspectDynamic(probe: Probe, { virtualSize, footerBytes }: VhdFooter): Promise<Disk> {
  const { head, tail, ledger } = probe;
  const isCopied = head.has(0, tail.slice(tail.length - footerBytes, footerBytes));
  ledger.refuseIf(!isCopied, RULES.copy, 'The dynamic VHD does not begin with a copy of its footer.');
  const headerOffset = head.u64be(16);
  const header = await probe.read(headerOffset, HEADER_BYTES);
  checkHeader(header, probe);
  refuseParent(header, probe);
  const table = checkedTable(header, headerOffset, { probe, virtualSize, footerBytes });
  await checkBlocks(probe, table, { virtualSize, footerBytes });
  return { subformat: 'dynamic', virtualSize, guest: vhdBlocks(probe, table) };
}

function checkHeader(header: Bytes, { ledger }: Probe): void {
  const isHeader = header.has(0, 'cxsparse');
  ledger.refuseIf(!isHeader, RULES.signature, 'The dynamic VHD has no header where its footer says.');
  ledger.refuseIf(
    header.u32be(CHECKSUM_OFFSET) !== onesComplementSum(header.slice(0, HEADER_BYTES), CHECKSUM_OFFSET),
    RULES.checksum,
    'The checksum of the dynamic VHD header is wrong.',
  );
  const version = header.u32be(24);
  const message = `Version 0x${version.toString(16)} of the dynamic VHD header is not known.`;
  ledger.refuseIf(version !== VERSION, RULES.version, message);
}

function refuseParent(header: Bytes, { ledger }: Probe): void {
  const hasId = !header.isZero(PARENT_ID.offset, PARENT_ID.length);
  ledger.refuseIf(hasId, RULES.parentId, 'The VHD names a parent image.');
  // VirtualBox once reserved locators in disks without a parent; a name in one has a length.
  const hasLocator = Array.from({ length: LOCATORS.count }, (_, index) => index * LOCATORS.bytes).some(
    (place) => header.u32be(LOCATORS.offset + place + LOCATORS.lengthOffset) !== 0,
  );
  const hasName = !header.isZero(PARENT_NAME.offset, PARENT_NAME.length);
  ledger.refuseIf(hasName || hasLocator, RULES.parentName, 'The VHD gives the name of a parent image.');
}

function checkedTable(
  header: Bytes,
  headerOffset: number,
  { probe, virtualSize, footerBytes }: { probe: Probe } & Pick<VhdFooter, 'virtualSize' | 'footerBytes'>,
): BlockTable {
  const { ledger } = probe;
  const [entries, blockBytes] = [header.u32be(28), header.u32be(32)];
  ledger.refuseIf(
    !isPowerOfTwo(blockBytes, 512, MAX_BLOCK_BYTES) || entries * blockBytes < virtualSize,
    RULES.blocks,
    `The dynamic VHD has ${entries} blocks of ${blockBytes} bytes for a disk of ${virtualSize} bytes.`,
  );
  const offset = header.u64be(16);
  const end = offset + entries * 4;
  const headers = [
    { offset: 0, end: FOOTER_BYTES },
    { offset: headerOffset, end: headerOffset + HEADER_BYTES },
  ];
  const isApart = headerOffset >= FOOTER_BYTES && headers.every((one) => end <= one.offset || offset >= one.end);
  const message = `The block table of the VHD at ${offset} and its header at ${headerOffset} lie over each other.`;
  ledger.refuseIf(!isApart, RULES.places, message);
  ledger.refuseShorterThan(end + footerBytes, RULES.table, 'the block table of the VHD');
  return { offset, blockBytes, taken: [...headers, { offset, end }] };
}
