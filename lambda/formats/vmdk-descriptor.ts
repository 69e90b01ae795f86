import { ImageDropError } from '../model/errors.ts';
import { refuseIf } from './refuse.ts';

/** The variants that keep the whole disk in one file. */
const SINGLE_FILE_TYPES = ['monolithicSparse', 'streamOptimized'];
/** parentCID of a disk that has no parent (VMware, Virtual Disk Format 5.0, "The Header"). */
const NO_PARENT = 'ffffffff';
const PRINTABLE_ASCII = /^[\t\n\r -~]*$/;
const EXTENT_LINE = /^(RW|RDONLY|NOACCESS)\b/i;
const OWN_EXTENT = /^RW[ \t]+\d+[ \t]+SPARSE[ \t]+"([^"/\\:]+)"$/;
const ENTRY_LINE = /^([^\s="]+)[ \t]*=[ \t]*(.*)$/;

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
export function checkDescriptor(descriptor: string): string {
  const text = textOf(descriptor);
  const isPadded = text.length < descriptor.length && /^\0+$/.test(descriptor.slice(text.length));
  refuseIf(!isPadded, 'corrupt-header', 'The VMDK descriptor does not end in zeros inside its area.');
  refuseIf(!PRINTABLE_ASCII.test(text), 'corrupt-header', 'The VMDK descriptor holds more than plain ASCII text.');
  refuseAnyParent(text);
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const meaningful = lines.filter((line) => line !== '' && !line.startsWith('#'));
  checkExtents(meaningful.filter((line) => EXTENT_LINE.test(line)));
  const entries = parseEntries(meaningful.filter((line) => !EXTENT_LINE.test(line)));
  refuseIf(!entries.has('version'), 'corrupt-header', 'The VMDK descriptor has no version.');
  const parentCid = entries.get('parentcid') ?? NO_PARENT;
  refuseIf(
    parentCid.toLowerCase() !== NO_PARENT,
    'parent-image',
    `The VMDK has a parent image of content ID ${parentCid}.`,
  );
  return checkCreateType(text, entries);
}

const textOf = (area: string): string => area.split('\0', 1)[0] ?? '';

function refuseAnyParent(text: string): void {
  // Wherever it stands: QEMU looks for the word without regard to lines.
  refuseIf(/parentFileNameHint/i.test(text), 'parent-image', 'The VMDK names the file of a parent image.');
  refuseIf(timesIn(text, /parentCID/gi) > 1, 'corrupt-header', 'The VMDK descriptor gives parentCID more than once.');
}

function checkExtents(extents: readonly string[]): void {
  const extent = extents[0];
  refuseIf(
    extent === undefined || extents.length > 1,
    'unsafe-extent',
    `The VMDK descriptor names ${extents.length} extents; a disk in one file has exactly one.`,
  );
  refuseIf(
    !OWN_EXTENT.test(extent ?? ''),
    'unsafe-extent',
    `The VMDK descriptor names an extent that is not this file itself: ${extent}.`,
  );
}

function parseEntries(lines: readonly string[]): Map<string, string> {
  const entries = new Map<string, string>();
  for (const line of lines) {
    const [, key = '', value = ''] = ENTRY_LINE.exec(line) ?? [];
    refuseIf(
      key === '',
      'corrupt-header',
      `The VMDK descriptor has a line that is not understood: ${line.slice(0, 80)}.`,
    );
    const name = key.toLowerCase();
    refuseIf(entries.has(name), 'corrupt-header', `The VMDK descriptor gives ${key} more than once.`);
    entries.set(name, value.replace(/^"(.*)"$/, '$1'));
  }
  return entries;
}

function checkCreateType(text: string, entries: ReadonlyMap<string, string>): string {
  refuseIf(timesIn(text, /createType/gi) > 1, 'corrupt-header', 'The VMDK descriptor gives createType more than once.');
  const createType = entries.get('createtype');
  if (createType === undefined) throw new ImageDropError('corrupt-header', 'The VMDK descriptor has no createType.');
  refuseIf(
    !SINGLE_FILE_TYPES.includes(createType),
    'unsafe-extent',
    `A VMDK of type ${createType} keeps its data in other files (CVE-2022-47951).`,
  );
  return createType;
}

const timesIn = (text: string, word: RegExp): number => text.match(word)?.length ?? 0;
