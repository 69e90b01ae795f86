import { PLAIN } from '../reading/block-map.ts';
import type { Disk, Format } from '../reading/format.ts';
import type { Probe } from '../reading/probe.ts';
import type { Notice, Rule } from '../reading/rule.ts';
import { inspectDynamic, VHD_DYNAMIC_RULES } from './dynamic.ts';
import {
  FOOTER_BYTES,
  FOOTER_RULES,
  hasRightChecksum,
  OLD_FOOTER_BYTES,
  parseFooter,
  VHD_COOKIE,
  type VhdFooter,
} from './footer.ts';

const FIXED = 2;
const DYNAMIC = 3;
const DIFFERENCING = 4;
/** The specification says 0xFFFFFFFF of this field of 64 bits ("Data Offset"); most writers fill all of it. */
const NO_HEADER = [Buffer.alloc(8, 0xff), Buffer.of(0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff)];

const RULES = {
  footer: { code: 'truncated', title: 'footer at the end, or the copy of a dynamic disk', at: 'last 512 bytes' },
  parent: { code: 'parent-image', title: 'parent image, by the disk type', at: 'u32@60 of the footer' },
  type: { code: 'unsupported-variant', title: 'disk type is known', at: 'u32@60 of the footer' },
} as const satisfies Record<string, Rule>;

const FIXED_RULES = {
  oneDisk: { code: 'two-formats', title: 'fixed disk does not begin like a dynamic one', at: 'byte 0' },
  noHeader: { code: 'corrupt-header', title: 'fixed disk has no header', at: 'u64@16 of the footer' },
  wholeDisk: { code: 'truncated', title: 'disk is inside the file', at: 'u64@48 of the footer' },
  onlyDisk: { code: 'corrupt-header', title: 'disk fills the file', at: 'u64@48 of the footer' },
} as const satisfies Record<string, Rule>;

const END_FOOTER: Notice = { code: 'missing-footer', title: 'dynamic disk has its footer', at: 'last 512 bytes' };

/** Microsoft, Virtual Hard Disk Image Format Specification 1.0. */
export const vhd: Format = {
  name: 'vhd',
  rules: [...Object.values(RULES), ...FOOTER_RULES, ...Object.values(FIXED_RULES), ...VHD_DYNAMIC_RULES, END_FOOTER],
  matches: (probe) => hasHead(probe) || lengthOfFooter(probe) > 0,
  mayBePartitioned: (probe) => !hasHead(probe),
  inspect(probe) {
    const { ledger } = probe;
    const footer = readFooter(probe);
    const { type, footerBytes } = footer;
    ledger.refuseIf(type === DIFFERENCING, RULES.parent, 'The VHD holds only the differences to a parent image.');
    ledger.refuseIf(type !== FIXED && type !== DYNAMIC, RULES.type, `VHD disk type ${type} is not known.`);
    if (type === FIXED) return inspectFixed(probe, footer);
    const message =
      'The footer at the end of the dynamic VHD is missing or damaged. The copy at its start is sound, and every block is inside the file.';
    ledger.warnIf(footerBytes === 0, END_FOOTER, message);
    return inspectDynamic(probe, footer);
  },
};

const hasHead = ({ head }: Probe): boolean => head.has(0, VHD_COOKIE);

/** 0 where the file does not end with a footer. */
const lengthOfFooter = ({ tail }: Probe): number =>
  [FOOTER_BYTES, OLD_FOOTER_BYTES].find((bytes) => tail.has(tail.length - bytes, VHD_COOKIE)) ?? 0;

/**
 * A dynamic disk begins with a copy of its footer, which the specification gives for the case that the end is lost or
 * damaged, and which QEMU always reads. The blocks then show that nothing else is missing.
 */
function readFooter(probe: Probe): VhdFooter {
  const { head, tail, ledger } = probe;
  const footerBytes = lengthOfFooter(probe);
  const place = { offset: tail.length - footerBytes, footerBytes };
  const isLeft = footerBytes > 0 && (!hasHead(probe) || hasRightChecksum(tail, place));
  if (isLeft) return parseFooter(tail, place, ledger);
  const copy = parseFooter(head, { offset: 0, footerBytes: FOOTER_BYTES }, ledger);
  const isLost = copy.type === FIXED;
  ledger.refuseIf(isLost, RULES.footer, 'The VHD has no footer in its last 512 bytes: the end is missing.');
  return { ...copy, footerBytes: 0 };
}

function inspectFixed(probe: Probe, { currentSize, virtualSize, footerBytes }: VhdFooter): Disk {
  const { tail, size, ledger } = probe;
  ledger.refuseIf(
    hasHead(probe),
    FIXED_RULES.oneDisk,
    'The fixed VHD begins like a dynamic one: it can be read as two disks.',
  );
  ledger.refuseIf(
    !NO_HEADER.some((offset) => tail.has(tail.length - footerBytes + 16, offset)),
    FIXED_RULES.noHeader,
    'The fixed VHD points to a header that only dynamic ones have.',
  );
  ledger.refuseShorterThan(currentSize + footerBytes, FIXED_RULES.wholeDisk, 'the fixed VHD');
  ledger.refuseIf(
    currentSize + footerBytes < size,
    FIXED_RULES.onlyDisk,
    `The fixed VHD says that its disk has ${currentSize} bytes, but the file has ${size - footerBytes} before its footer.`,
  );
  return { subformat: 'fixed', virtualSize, guest: PLAIN };
}
