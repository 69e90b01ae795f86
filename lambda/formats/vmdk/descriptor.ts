import type { Ledger } from '../reading/ledger.ts';
import { type Notice, Refusal, type Rule } from '../reading/rule.ts';
import { checkedText, TEXT_RULES } from './text.ts';

/** The variants that keep the whole disk in one file. */
const SINGLE_FILE_TYPES = ['monolithicSparse', 'streamOptimized'];
/** parentCID of a disk that has no parent (VMware, Virtual Disk Format 5.0, "The Header"), and what it is as a number. */
const NO_PARENT = ['ffffffff', '0xffffffff', '-1', '4294967295'];
const EXTENT_LINE = /^(RW|RDONLY|NOACCESS)\b/i;
/**
 * Readers take the disk from the file itself and ignore access and name, which writers fill in as they like (vSphere,
 * VirtualBox, ovftool: RDONLY; mkimg: no name). Only a path is suspicious, and refused by Glance. Case does not matter
 * (VMware, Virtual Disk Format 5.0, "The Descriptor File").
 */
const OWN_EXTENT = /^(?:RW|RDONLY|NOACCESS)[ \t]+\d+[ \t]+SPARSE(?:[ \t]+(?:"[^/\\]*"|[^"/\\]+))?$/i;
/** 1 is what the tools write; VMware counts up with features such as change tracking, and the extents stay the same. */
const VERSION = /^[1-4]$/;
/**
 * The parent of other disks is known by it, so of a disk in one file it says nothing: Xen Orchestra writes it as a decimal
 * number, others -1 or nothing. QEMU finds both words at any place, but only in this case; it reads a hexadecimal number
 * behind each and ignores what follows.
 */
const CONTENT_ID = /^\s*[-+]?(?:0x)?[\da-f]/i;
const CONTENT_ID_KEYS = ['CID=', 'parentCID='];
const ENTRY_LINE = /^([^\s="]+)[ \t]*=[ \t]*(.*)$/;
/** Of the disk data base: adapter, geometry, tools. They name no file, and some tools write one twice. */
const DISK_DATA = 'ddb.';
const PLACE = 'descriptor at 512';
const CVE = 'CVE-2022-47951';

const RULES = {
  parentFile: { code: 'parent-image', title: 'file of a parent', at: `${PLACE}, parentFileNameHint`, cve: CVE },
  repeatedParent: { code: 'corrupt-header', title: 'parentCID occurs once', at: `${PLACE}, parentCID` },
  oneExtent: { code: 'unsafe-extent', title: 'one extent', at: `${PLACE}, extent lines`, cve: CVE },
  ownExtent: { code: 'unsafe-extent', title: 'extent is the file itself', at: `${PLACE}, extent lines`, cve: CVE },
  lines: { code: 'corrupt-header', title: 'every line is understood', at: PLACE },
  repeatedKey: { code: 'corrupt-header', title: 'every key of the header occurs once', at: PLACE },
  version: { code: 'corrupt-header', title: 'version is given', at: `${PLACE}, version` },
  knownVersion: { code: 'unsupported-variant', title: 'version 1 to 4', at: `${PLACE}, version` },
  contentId: { code: 'corrupt-header', title: 'content ID is a number', at: `${PLACE}, CID` },
  changes: { code: 'unsafe-extent', title: 'file of changed areas has no path', at: `${PLACE}, changeTrackPath` },
  parent: { code: 'parent-image', title: 'content ID of a parent', at: `${PLACE}, parentCID` },
  oneType: { code: 'corrupt-header', title: 'createType occurs once', at: `${PLACE}, createType` },
  ownType: { code: 'unsafe-extent', title: 'type keeps the disk in one file', at: `${PLACE}, createType`, cve: CVE },
} as const satisfies Record<string, Rule>;

const QEMU_READS_ID: Notice = {
  code: 'empty-content-id',
  title: 'content IDs are as QEMU reads them',
  at: `${PLACE}, CID, parentCID`,
};

export const DESCRIPTOR_RULES: readonly (Rule | Notice)[] = [...TEXT_RULES, ...Object.values(RULES), QEMU_READS_ID];

/**
 * Checks the text inside a sparse VMDK. It may name other files, which a reader would open on the host
 * (CVE-2022-47951); and what one reader skips, as a comment or by its case, another one obeys. So each line must be
 * understood, and no key may occur twice.
 * @param descriptor the whole area, padded with zeros
 * @returns createType
 */
export function checkDescriptor(descriptor: string, ledger: Ledger): string {
  const text = checkedText(descriptor, ledger);
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
  checkEntries(entries, ledger);
  warnOfContentIds(text, ledger);
  return checkCreateType(text, entries, ledger);
}

function refuseAnyParent(text: string, ledger: Ledger): void {
  // At any place: QEMU looks for the word without regard to lines.
  ledger.refuseIf(/parentFileNameHint/i.test(text), RULES.parentFile, 'The VMDK names the file of a parent image.');
  const isRepeated = timesIn(text, /parentCID\s*=/gi) > 1;
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
    const isRepeated = entries.has(name) && !name.startsWith(DISK_DATA);
    ledger.refuseIf(isRepeated, RULES.repeatedKey, `The VMDK descriptor gives ${key} more than once.`);
    entries.set(name, value.replace(/^"(.*)"$/, '$1'));
  }
  return entries;
}

function checkEntries(entries: ReadonlyMap<string, string>, ledger: Ledger): void {
  const version = entries.get('version');
  ledger.refuseIf(version === undefined, RULES.version, 'The VMDK descriptor has no version.');
  const message = `VMDK descriptor version ${version} is not known.`;
  ledger.refuseIf(!VERSION.test(version ?? ''), RULES.knownVersion, message);
  checkContentId(entries.get('cid'), ledger);
  // VMware opens it next to the disk (Virtual Disk Development Kit Programming Guide, "Changed Block Tracking").
  const changes = entries.get('changetrackpath') ?? '';
  const hasPath = /[/\\]/.test(changes);
  ledger.refuseIf(hasPath, RULES.changes, `The VMDK names a file of its changed areas in another folder: ${changes}.`);
  const parentCid = entries.get('parentcid');
  const hasParent = parentCid !== undefined && !NO_PARENT.includes(parentCid.toLowerCase());
  ledger.refuseIf(hasParent, RULES.parent, `The VMDK has a parent image of content ID ${parentCid}.`);
}

function checkContentId(id: string | undefined, ledger: Ledger): void {
  const isNumber = id === undefined || id === '' || CONTENT_ID.test(id);
  ledger.refuseIf(!isNumber, RULES.contentId, `The VMDK descriptor gives a content ID that is not a number: ${id}.`);
}

function warnOfContentIds(text: string, ledger: Ledger): void {
  const unread = CONTENT_ID_KEYS.find((key) => {
    const place = text.indexOf(key);
    return place < 0 || !CONTENT_ID.test(text.slice(place + key.length));
  });
  ledger.warnIf(
    unread !== undefined,
    QEMU_READS_ID,
    `The VMDK descriptor has no number behind ${unread}: qemu-img does not open the file. Convert it with the tool that wrote it.`,
  );
}

function checkCreateType(text: string, entries: ReadonlyMap<string, string>, ledger: Ledger): string {
  const isRepeated = timesIn(text, /createType\s*=/gi) > 1;
  ledger.refuseIf(isRepeated, RULES.oneType, 'The VMDK descriptor gives createType more than once.');
  const given = entries.get('createtype');
  if (given === undefined) throw new Refusal(RULES.oneType, 'The VMDK descriptor has no createType.');
  const createType = SINGLE_FILE_TYPES.find((type) => type.toLowerCase() === given.toLowerCase());
  if (createType === undefined) {
    throw new Refusal(RULES.ownType, `A VMDK of type ${given} keeps its data in other files.`);
  }
  ledger.pass(RULES.ownType);
  return createType;
}

const timesIn = (text: string, word: RegExp): number => text.match(word)?.length ?? 0;
