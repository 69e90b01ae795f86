import { PLAIN } from './block-map.ts';
import type { Disk, Format } from './format.ts';
import { isPowerOfTwo } from './powers.ts';
import type { Probe } from './probe.ts';
import type { Rule } from './rule.ts';
import { vhdBlocks } from './vhd-blocks.ts';
import {
  FOOTER_BYTES,
  FOOTER_RULES,
  onesComplementSum,
  parseFooter,
  VHD_COOKIE,
  type VhdFooter,
} from './vhd-footer.ts';

const FIXED = 2;
const DYNAMIC = 3;
const DIFFERENCING = 4;
/** "Dynamic Disk Header Format": 1,024 bytes, with its checksum at 36. */
const DYNAMIC_HEADER_BYTES = 1024;
const DYNAMIC_CHECKSUM_OFFSET = 36;
const MAX_BLOCK_BYTES = 2 ** 31;

const RULES = {
  footer: { code: 'truncated', title: 'footer at the end', at: 'last 512 bytes' },
  parent: { code: 'parent-image', title: 'parent image, by the disk type', at: 'u32@60 of the footer' },
  type: { code: 'unsupported-variant', title: 'disk type is known', at: 'u32@60 of the footer' },
} as const satisfies Record<string, Rule>;

const FIXED_RULES = {
  oneDisk: { code: 'two-formats', title: 'fixed disk does not begin like a dynamic one', at: 'byte 0' },
  noHeader: { code: 'corrupt-header', title: 'fixed disk has no header', at: 'u64@16 of the footer' },
  wholeDisk: { code: 'truncated', title: 'disk lies inside the file', at: 'u64@48 of the footer' },
  onlyDisk: { code: 'corrupt-header', title: 'disk fills the file', at: 'u64@48 of the footer' },
} as const satisfies Record<string, Rule>;

const DYNAMIC_RULES = {
  copy: { code: 'corrupt-header', title: 'copy of the footer at the start', at: 'byte 0' },
  signature: { code: 'corrupt-header', title: 'dynamic header', at: 'u64@16' },
  checksum: { code: 'corrupt-header', title: 'checksum of the dynamic header', at: 'u32@36 of the dynamic header' },
  // Readers open such a file without its parent and without a word.
  parentId: { code: 'parent-image', title: 'parent image, by its UUID', at: 'UUID at 40 of the dynamic header' },
  blocks: { code: 'corrupt-header', title: 'blocks fit the disk', at: 'u32@28, u32@32 of the dynamic header' },
  table: { code: 'truncated', title: 'block table lies inside the file', at: 'u64@16 of the dynamic header' },
} as const satisfies Record<string, Rule>;

/** Microsoft, Virtual Hard Disk Image Format Specification 1.0. */
export const vhd: Format = {
  name: 'vhd',
  rules: [...Object.values(RULES), ...FOOTER_RULES, ...Object.values(FIXED_RULES), ...Object.values(DYNAMIC_RULES)],
  matches: (probe) => hasHead(probe) || hasTail(probe),
  mayBePartitioned: (probe) => !hasHead(probe),
  inspect(probe) {
    const { tail, ledger } = probe;
    const hasFooter = hasTail(probe);
    ledger.refuseIf(!hasFooter, RULES.footer, 'The VHD has no footer in its last 512 bytes: the end is missing.');
    const footer = parseFooter(tail, footerOffset(probe), ledger);
    const { type } = footer;
    ledger.refuseIf(type === DIFFERENCING, RULES.parent, 'The VHD holds only the differences to a parent image.');
    ledger.refuseIf(type !== FIXED && type !== DYNAMIC, RULES.type, `VHD disk type ${type} is not known.`);
    return type === FIXED ? inspectFixed(probe, footer) : inspectDynamic(probe, footer);
  },
};

const footerOffset = ({ tail }: Probe): number => tail.length - FOOTER_BYTES;
const hasHead = ({ head }: Probe): boolean => head.has(0, VHD_COOKIE);
const hasTail = (probe: Probe): boolean => probe.tail.has(footerOffset(probe), VHD_COOKIE);

function inspectFixed(probe: Probe, { currentSize, virtualSize }: VhdFooter): Disk {
  const { tail, size, ledger } = probe;
  ledger.refuseIf(
    hasHead(probe),
    FIXED_RULES.oneDisk,
    'The fixed VHD begins like a dynamic one: it can be read as two disks.',
  );
  ledger.refuseIf(
    !tail.isAllOnes(footerOffset(probe) + 16, 8),
    FIXED_RULES.noHeader,
    'The fixed VHD points to a header that only dynamic ones have.',
  );
  ledger.refuseShorterThan(currentSize + FOOTER_BYTES, FIXED_RULES.wholeDisk, 'the fixed VHD');
  ledger.refuseIf(
    currentSize + FOOTER_BYTES < size,
    FIXED_RULES.onlyDisk,
    `The fixed VHD says that its disk has ${currentSize} bytes, but the file has ${size - FOOTER_BYTES} before its footer.`,
  );
  return { subformat: 'fixed', virtualSize, guest: PLAIN };
}

async function inspectDynamic(probe: Probe, { virtualSize }: VhdFooter): Promise<Disk> {
  const { head, tail, ledger } = probe;
  const footer = tail.slice(footerOffset(probe), FOOTER_BYTES);
  const isCopied = head.has(0, footer);
  ledger.refuseIf(!isCopied, DYNAMIC_RULES.copy, 'The dynamic VHD does not begin with a copy of its footer.');
  const header = await probe.read(head.u64be(16), DYNAMIC_HEADER_BYTES);
  const isHeader = header.has(0, 'cxsparse');
  ledger.refuseIf(!isHeader, DYNAMIC_RULES.signature, 'The dynamic VHD has no header where its footer says.');
  ledger.refuseIf(
    header.u32be(DYNAMIC_CHECKSUM_OFFSET) !==
      onesComplementSum(header.slice(0, DYNAMIC_HEADER_BYTES), DYNAMIC_CHECKSUM_OFFSET),
    DYNAMIC_RULES.checksum,
    'The checksum of the dynamic VHD header is wrong.',
  );
  ledger.refuseIf(!header.isZero(40, 16), DYNAMIC_RULES.parentId, 'The VHD names a parent image.');
  const [entries, blockBytes] = [header.u32be(28), header.u32be(32)];
  ledger.refuseIf(
    !isPowerOfTwo(blockBytes, 512, MAX_BLOCK_BYTES) || entries * blockBytes < virtualSize,
    DYNAMIC_RULES.blocks,
    `The dynamic VHD has ${entries} blocks of ${blockBytes} bytes for a disk of ${virtualSize} bytes.`,
  );
  const table = header.u64be(16);
  ledger.refuseShorterThan(table + entries * 4 + FOOTER_BYTES, DYNAMIC_RULES.table, 'the block table of the VHD');
  return { subformat: 'dynamic', virtualSize, guest: vhdBlocks(probe, table, blockBytes) };
}
