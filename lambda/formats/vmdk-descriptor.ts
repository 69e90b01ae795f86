import type { Ledger } from './ledger.ts';
import { Refusal, type Rule } from './rule.ts';

/** The variants that keep the whole disk in one file. */
const SINGLE_FILE_TYPES = ['monolithicSparse', 'streamOptimized'];
/** parentCID of a disk that has no parent (VMware, Virtual Disk Format 5.0, "The Header"). */
const NO_PARENT = 'ffffffff';
const PRINTABLE_ASCII = /^[\t\n\r -~]*$/;
const EXTENT_LINE = /^(RW|RDONLY|NOACCESS)\b/i;
const OWN_EXTENT = /^RW[ \t]+\d+[ \t]+SPARSE[ \t]+"([^"/\\:]+)"$/;
const ENTRY_LINE = /^([^\s="]+)[ \t]*=[ \t]*(.*)$/;
const PLACE = 'descriptor at 512';
const CVE = 'CVE-2022-47951';

const RULES = {
  padding: { code: 'corrupt-header', title: 'descriptor ends in zeros', at: PLACE },
  ascii: { code: 'corrupt-header', title: 'descriptor is plain ASCII', at: PLACE },
  parentFile: { code: 'parent-image', title: 'file of a parent', at: `${PLACE}, parentFileNameHint`, cve: CVE },
  repeatedParent: { code: 'corrupt-header', title: 'parentCID stands once', at: `${PLACE}, parentCID` },
  oneExtent: { code: 'unsafe-extent', title: 'one extent', at: `${PLACE}, extent lines`, cve: CVE },
  ownExtent: { code: 'unsafe-extent', title: 'extent is the file itself', at: `${PLACE}, extent lines`, cve: CVE },
  lines: { code: 'corrupt-header', title: 'every line is understood', at: PLACE },
  repeatedKey: { code: 'corrupt-header', title: 'every key stands once', at: PLACE },
  version: { code: 'corrupt-header', title: 'version is given', at: `${PLACE}, version` },
  parent: { code: 'parent-image', title: 'content ID of a parent', at: `${PLACE}, parentCID` },
  oneType: { code: 'corrupt-header', title: 'createType stands once', at: `${PLACE}, createType` },
  ownType: { code: 'unsafe-extent', title: 'type keeps the disk in one file', at: `${PLACE}, createType`, cve: CVE },
} as const satisfies Record<string, Rule>;

export const DESCRIPTOR_RULES: readonly Rule[] = Object.values(RULES);

/** Whether a file is a descriptor alone, which names the files that hold the disk. */
export function isBareDescriptor(start: string): boolean {
  const text = textOf(start);
  if (/^\s*#\s*disk\s*descriptorfile/i.test(text)) return true;
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  // QEMU takes a file for VMDK whose first line that is no comment is "version=".
  const first = lines.find((line) => line !== '' && !line.startsWith('#')) ?? '';
  return /^version\s*=/i.test(first) || (/^version\s*=/im.test(text) && /^createtype\s*=/im.test(text));
}

/**
 * Checks the text inside a sparse VMDK. It may name other files, which a reader would open on the host
 * (CVE-2022-47951); and what one reader skips, as a comment or by its case, another one obeys. So each line must be
 * understood, and nothing may be said twice.
 * @param descriptor the whole area, padded with zeros
 * @returns createType
 */
export function checkDescriptor(descriptor: string, ledger: Ledger): string {
  const text = textOf(descriptor);
  const isPadded = text.length < descriptor.length && /^\0+$/.test(descriptor.slice(text.length));
  ledger.refuseIf(!isPadded, RULES.padding, 'The VMDK descriptor does not end in zeros inside its area.');
  ledger.refuseIf(!PRINTABLE_ASCII.test(text), RULES.ascii, 'The VMDK descriptor holds more than plain ASCII text.');
  refuseAnyParent(text, ledger);
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const meaningful = lines.filter((line) => line !== '' && !line.startsWith('#'));
  checkExtents(
    meaningful.filter((line) => EXTENT_LINE.test(line)),
    ledger,
  );
  const entries = parseEntries(
    meaningful.filter((line) => !EXTENT_LINE.test(line)),
    ledger,
  );
  ledger.refuseIf(!entries.has('version'), RULES.version, 'The VMDK descriptor has no version.');
  const parentCid = entries.get('parentcid') ?? NO_PARENT;
  ledger.refuseIf(
    parentCid.toLowerCase() !== NO_PARENT,
    RULES.parent,
    `The VMDK has a parent image of content ID ${parentCid}.`,
  );
  return checkCreateType(text, entries, ledger);
}

const textOf = (area: string): string => area.split('\0', 1)[0] ?? '';

function refuseAnyParent(text: string, ledger: Ledger): void {
  // Wherever it stands: QEMU looks for the word without regard to lines.
  ledger.refuseIf(/parentFileNameHint/i.test(text), RULES.parentFile, 'The VMDK names the file of a parent image.');
  const isRepeated = timesIn(text, /parentCID/gi) > 1;
  ledger.refuseIf(isRepeated, RULES.repeatedParent, 'The VMDK descriptor gives parentCID more than once.');
}

function checkExtents(extents: readonly string[], ledger: Ledger): void {
  const extent = extents[0];
  ledger.refuseIf(
    extent === undefined || extents.length > 1,
    RULES.oneExtent,
    `The VMDK descriptor names ${extents.length} extents; a disk in one file has exactly one.`,
  );
  ledger.refuseIf(
    !OWN_EXTENT.test(extent ?? ''),
    RULES.ownExtent,
    `The VMDK descriptor names an extent that is not this file itself: ${extent}.`,
  );
}

function parseEntries(lines: readonly string[], ledger: Ledger): Map<string, string> {
  const entries = new Map<string, string>();
  for (const line of lines) {
    const [, key = '', value = ''] = ENTRY_LINE.exec(line) ?? [];
    ledger.refuseIf(
      key === '',
      RULES.lines,
      `The VMDK descriptor has a line that is not understood: ${line.slice(0, 80)}.`,
    );
    const name = key.toLowerCase();
    ledger.refuseIf(entries.has(name), RULES.repeatedKey, `The VMDK descriptor gives ${key} more than once.`);
    entries.set(name, value.replace(/^"(.*)"$/, '$1'));
  }
  return entries;
}

function checkCreateType(text: string, entries: ReadonlyMap<string, string>, ledger: Ledger): string {
  const isRepeated = timesIn(text, /createType/gi) > 1;
  ledger.refuseIf(isRepeated, RULES.oneType, 'The VMDK descriptor gives createType more than once.');
  const createType = entries.get('createtype');
  if (createType === undefined) throw new Refusal(RULES.oneType, 'The VMDK descriptor has no createType.');
  ledger.refuseIf(
    !SINGLE_FILE_TYPES.includes(createType),
    RULES.ownType,
    `A VMDK of type ${createType} keeps its data in other files.`,
  );
  return createType;
}

const timesIn = (text: string, word: RegExp): number => text.match(word)?.length ?? 0;
