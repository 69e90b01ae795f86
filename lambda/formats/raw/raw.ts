import { GuestDisk, NotRead } from '../guest/disk.ts';
import { findFileSystem } from '../guest/file-systems.ts';
import { findGpt, type Gpt } from '../guest/guest-partition-table.ts';
import { isBootSector, MBR_BYTES } from '../guest/mbr.ts';
import {
  announcesGpt,
  announcesGptOnly,
  GPT_HEADERS_END,
  gptEnd,
  hasGptSignature,
  hasMbr,
} from '../guest/partition-table.ts';
import { FIRST_DESCRIPTOR_END } from '../iso/iso.ts';
import { PLAIN } from '../reading/block-map.ts';
import { refuseOtherClaim } from '../reading/claim.ts';
import type { Disk } from '../reading/format.ts';
import type { Probe } from '../reading/probe.ts';
import { type Notice, Refusal, type Rule } from '../reading/rule.ts';
import { findLookAlike, LOOK_ALIKE_RULES, NOT_A_DISK_STEP } from './look-alikes.ts';
import { isText } from './text.ts';

/** What the user says of the file. */
export interface RawHints {
  readonly claimed: string | undefined;
  readonly fileName: string | undefined;
}

const SECTOR_BYTES = 512;
/** What people and programs call raw disks. */
const RAW_NAME = /\.(raw|img|dd)$/i;
const VHD_NAME = /\.(vhd|vpc)$/i;
const ISO_NAME = /\.iso$/i;

const RULES = {
  text: { code: 'not-a-disk-image', title: 'no text', at: 'first 64 KiB' },
  lostFooter: { code: 'truncated', title: 'footer of a VHD, where the name promises one', at: 'last 512 bytes' },
  lostVolume: { code: 'truncated', title: 'volume of an ISO, where the name promises one', at: 'bytes 32768 to 34815' },
  cutGpt: { code: 'truncated', title: 'file goes on to the GPT that its MBR announces', at: 'MBR' },
  lostGpt: { code: 'corrupt-header', title: 'GPT is there, where the MBR announces nothing else', at: 'MBR' },
  gpt: { code: 'truncated', title: 'partitions of the GPT lie inside the file', at: 'entries of the GPT' },
  fileSystem: { code: 'truncated', title: 'file system is inside the file', at: 'superblock' },
  sign: { code: 'not-a-disk-image', title: 'partition table or file system, or a name or disk-format of raw disks' },
} as const satisfies Record<string, Rule>;

const NOTICES = {
  sign: { code: 'no-sign-of-a-disk', title: 'partition table, file system or boot sector' },
  wholeSectors: { code: 'odd-size', title: 'size in whole sectors' },
} as const satisfies Record<string, Notice>;

export const RAW_RULES: readonly (Rule | Notice)[] = [
  ...LOOK_ALIKE_RULES,
  ...Object.values(RULES),
  ...Object.values(NOTICES),
];

/**
 * Judges a file that bears no format's signature. Any bytes can be read as a raw disk, so a wrong file (a web page, an
 * archive) would become an image that cannot boot: a raw disk must bear a sign that it is one, or be vouched for.
 * @throws Refusal
 */
export async function inspectRaw(probe: Probe, hints: RawHints): Promise<Disk> {
  refuseLookAlike(probe);
  const { size, ledger } = probe;
  refuseOtherClaim(hints.claimed, 'raw', ledger);
  refuseLostFooter(probe, hints);
  refuseLostVolume(probe, hints);
  const isRecognised = await signOfDisk(probe, hints);
  ledger.warnIf(
    size % SECTOR_BYTES !== 0,
    NOTICES.wholeSectors,
    `The size, ${size} bytes, is not a multiple of ${SECTOR_BYTES}: the file may be cut short.`,
  );
  return { virtualSize: size, guest: PLAIN, ...(!isRecognised && { isUnrecognised: true }) };
}

function refuseLookAlike(probe: Probe): void {
  const { ledger } = probe;
  const message = 'The file is text, a web page or an error message perhaps.';
  ledger.refuseIf(isText(probe), RULES.text, message, { nextStep: NOT_A_DISK_STEP });
  const lookAlike = findLookAlike(probe);
  if (lookAlike !== undefined) {
    const { rule, name, nextStep } = lookAlike;
    throw new Refusal(rule, `The file is ${name}.`, nextStep === undefined ? {} : { nextStep });
  }
  for (const rule of LOOK_ALIKE_RULES) ledger.pass(rule);
}

/** A fixed VHD bears its signature at its end only: cut short it looks like the raw disk that it holds. */
function refuseLostFooter({ ledger }: Probe, { claimed, fileName = '' }: RawHints): void {
  ledger.refuseIf(
    claimed === undefined && VHD_NAME.test(fileName),
    RULES.lostFooter,
    'The file is named like a VHD but has no VHD footer at its end: the end is missing.',
  );
}

/** An ISO for USB sticks bears its signature behind a partition table: cut before it, it looks like a raw disk. */
function refuseLostVolume({ size, ledger }: Probe, { claimed, fileName = '' }: RawHints): void {
  ledger.refuseIf(
    claimed === undefined && ISO_NAME.test(fileName) && size < FIRST_DESCRIPTOR_END,
    RULES.lostVolume,
    'The file is named like an ISO but ends before the volume of one would begin: the end is missing.',
  );
}

/** @returns whether there is anything in the file that a disk begins with */
async function signOfDisk(probe: Probe, hints: RawHints): Promise<boolean> {
  const { ledger } = probe;
  const isDisk = (await hasWholePartitionTable(probe)) || (await hasWholeFileSystem(probe));
  ledger.refuseIf(
    !isDisk && !hasGptSignature(probe) && !isVouchedFor(probe, hints),
    RULES.sign,
    `${isBlank(probe) ? BLANK : ''}The file bears no signature of a disk-image format, and neither a partition table nor a known file system.`,
  );
  const isRecognised = isDisk || isBootSector(startOf(probe));
  ledger.warnIf(!isRecognised, NOTICES.sign, unrecognised(probe));
  return isRecognised;
}

function unrecognised(probe: Probe): string {
  if (hasGptSignature(probe))
    return 'The file holds a GPT, but no MBR announces it: it is ignored, and the image will probably not boot.';
  return `${isBlank(probe) ? BLANK : ''}No partition table, file system or boot sector was found: this image will probably not boot.`;
}

const BLANK = 'The disk is blank: its start and its end hold nothing but zeros. ';

const isBlank = ({ head, tail }: Probe): boolean => head.isZero(0, head.length) && tail.isZero(0, tail.length);

const startOf = ({ head }: Probe): Buffer => head.slice(0, Math.min(MBR_BYTES, head.length));

/** An MBR may name partitions past the end: images for flash cards are published without their empty end. */
async function hasWholePartitionTable(probe: Probe): Promise<boolean> {
  if (announcesGpt(probe)) await refuseCutGpt(probe);
  return hasMbr(probe);
}

/**
 * Of a cut disk the copy of the GPT is missed the least: it boots from a larger disk when all partitions are there. So
 * the copy counts only where nothing else tells where the disk ends.
 */
async function refuseCutGpt(probe: Probe): Promise<void> {
  const { ledger } = probe;
  const gpt = await gptOf(probe);
  if (gpt !== undefined) {
    const ends = gpt.partitions.map(({ offset, length }) => offset + length);
    ledger.refuseShorterThan(Math.max(0, ...ends), RULES.gpt, 'a partition of its GPT');
    return;
  }
  const end = gptEnd(probe);
  if (end !== undefined) ledger.refuseShorterThan(end, RULES.gpt, 'its GPT');
  else if (announcesGptOnly(probe)) refuseLostGpt(probe);
}

async function gptOf(probe: Probe): Promise<Gpt | undefined> {
  try {
    return await findGpt(new GuestDisk(probe, PLAIN, probe.size));
  } catch (error) {
    if (error instanceof NotRead) return undefined;
    throw error;
  }
}

/** The partitions of such a disk are known to its GPT alone. */
function refuseLostGpt({ ledger }: Probe): void {
  ledger.refuseShorterThan(GPT_HEADERS_END, RULES.cutGpt, 'the GPT that its MBR announces');
  throw new Refusal(RULES.lostGpt, 'The MBR of the disk announces a GPT, but there is none: it was overwritten.');
}

async function hasWholeFileSystem(probe: Probe): Promise<boolean> {
  const fileSystem = await findFileSystem(probe);
  if (fileSystem === undefined) return false;
  probe.ledger.refuseShorterThan(fileSystem.bytes, RULES.fileSystem, `its ${fileSystem.name}`);
  return true;
}

function isVouchedFor({ size }: Probe, { claimed, fileName }: RawHints): boolean {
  return claimed === 'raw' || (RAW_NAME.test(fileName ?? '') && size % SECTOR_BYTES === 0);
}
