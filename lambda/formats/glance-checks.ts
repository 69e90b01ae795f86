import type { Probe } from './reading/probe.ts';
import type { Notice } from './reading/rule.ts';

/**
 * The checks that Glance makes of the content after the upload: oslo.utils, imageutils/format_inspector.py, of 2026. Since
 * late 2025 those of the MBR count by default, unless [image_format] gpt_safety_checks_nonfatal names them.
 */
export const GLANCE_CHECKS: Notice = {
  code: 'glance-refuses',
  title: 'passes the checks that Glance makes after the upload',
  at: 'MBR, VMDK descriptor and footer',
};

const SECTOR_BYTES = 512;
const [ENTRIES_OFFSET, ENTRY_BYTES, ENTRY_COUNT] = [446, 16, 4];
const PROTECTIVE_TYPE = 0xee;
const ABOVE_ASCII = /[^\0-\x7f]/;
/** Longer types count as none. */
const MAX_TYPE_CHARACTERS = 64;

/** What was found, as far as Glance's checks depend on it. */
interface Found {
  readonly format: string;
  readonly subformat?: string;
}

/** @returns why Glance refuses the file, as a clause; undefined where it takes it */
export function glanceRefusal(probe: Probe, { format, subformat }: Found): string | undefined {
  // A fixed VHD is sent as the raw disk that it holds.
  const isRaw = format === 'raw' || (format === 'vhd' && subformat === 'fixed');
  const hasMbr = bearsMbr(probe);
  // A hybrid ISO is let through.
  if (!isRaw && format !== 'iso' && hasMbr) return `it takes the file for ${format} and for a disk with an MBR`;
  if (isRaw && hasMbr) return mbrRefusal(probe.head.slice(ENTRIES_OFFSET, ENTRY_COUNT * ENTRY_BYTES));
  return format === 'vmdk' ? vmdkRefusal(probe) : undefined;
}

/** FAT begins with a boot sector of the same signature; Glance knows it by two tables (u8@16) and a fixed disk (u8@21). */
const bearsMbr = ({ head }: Probe): boolean =>
  head.has(510, Buffer.of(0x55, 0xaa)) && !(head.u8(16) === 2 && head.u8(21) === 0xf8);

function mbrRefusal(table: Buffer): string | undefined {
  const entries = Array.from({ length: ENTRY_COUNT }, (_, index) =>
    table.subarray(index * ENTRY_BYTES, (index + 1) * ENTRY_BYTES),
  );
  const isUsed = entries.map((entry) => entry.readUInt8(4) !== 0);
  const protective = entries.filter((entry) => entry.readUInt8(4) === PROTECTIVE_TYPE);
  if (entries.some((entry) => ![0, 0x80].includes(entry.readUInt8(0)))) {
    return 'its boot sector has no valid partition table (a boot flag is neither 0x00 nor 0x80)';
  }
  // The first sector behind the MBR, as CHS 0/0/2 and as LBA 1 (UEFI 2.10, table 5.4).
  if (protective.some((entry) => entry.readUIntBE(1, 3) !== 0x000200)) {
    return 'the start of its protective MBR is not CHS 0/0/2';
  }
  if (protective.some((entry) => entry.readUInt32LE(8) !== 1)) return 'its protective MBR does not start at LBA 1';
  if (protective.length > 0 && isUsed.some((used, index) => used !== (index === 0))) {
    return 'its MBR is hybrid: it names more than the GPT, or not in the first entry';
  }
  return isUsed.includes(true) ? undefined : 'its boot sector has no partitions, as that of a file system';
}

function vmdkRefusal(probe: Probe): string | undefined {
  const { head } = probe;
  const area = head.slice(SECTOR_BYTES, Math.min(head.u32le(36) * SECTOR_BYTES, head.length - SECTOR_BYTES));
  const text = (area.toString('latin1').split('\0', 1)[0] ?? '').toLowerCase();
  if (ABOVE_ASCII.test(text)) return 'its VMDK descriptor is not plain ASCII';
  const [, type] = /createtype="([^"]*)"/.exec(text) ?? [];
  if (type === undefined || type.length >= MAX_TYPE_CHARACTERS)
    return 'the createType of its VMDK descriptor is not in quotes';
  const strange = text
    .split('\n')
    .map((line) => line.trim())
    .find((line) => !isUnderstood(line));
  if (strange !== undefined)
    return `its VMDK descriptor has blanks or tabs where Glance expects none: ${strange.slice(0, 80)}`;
  return head.isAllOnes(56, 8) ? footerRefusal(probe) : undefined;
}

function isUnderstood(line: string): boolean {
  if (line === '' || line.startsWith('#') || line.startsWith('ddb')) return true;
  const isEntry = line.includes('=') && !(line.split('=', 1)[0] ?? '').includes(' ');
  return isEntry || ['rw', 'rdonly', 'noaccess'].includes(line.split(' ', 1)[0] ?? '');
}

/** Behind their first 16 bytes, the marker before the footer and that of the end are zeros. */
function footerRefusal({ tail }: Probe): string | undefined {
  const marker = tail.length - 3 * SECTOR_BYTES;
  const isPadded = tail.isZero(marker + 16, SECTOR_BYTES - 16);
  return isPadded ? undefined : 'the marker before its VMDK footer has bytes behind its type';
}
