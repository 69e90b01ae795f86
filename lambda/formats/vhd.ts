import { PLAIN } from './block-map.ts';
import type { Disk, Format } from './format.ts';
import type { Probe } from './probe.ts';
import type { Rule } from './rule.ts';
import { inspectDynamic, VHD_DYNAMIC_RULES } from './vhd-dynamic.ts';
import { FOOTER_BYTES, FOOTER_RULES, parseFooter, VHD_COOKIE, type VhdFooter } from './vhd-footer.ts';

const FIXED = 2;
const DYNAMIC = 3;
const DIFFERENCING = 4;

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

/** Microsoft, Virtual Hard Disk Image Format Specification 1.0. */
export const vhd: Format = {
  name: 'vhd',
  rules: [...Object.values(RULES), ...FOOTER_RULES, ...Object.values(FIXED_RULES), ...VHD_DYNAMIC_RULES],
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
