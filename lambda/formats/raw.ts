import { PLAIN } from './block-map.ts';
import { refuseOtherClaim } from './claim.ts';
import { findFileSystem } from './file-systems.ts';
import type { Disk } from './format.ts';
import { FIRST_DESCRIPTOR_END } from './iso.ts';
import { findLookAlike, LOOK_ALIKE_RULES } from './look-alikes.ts';
import { announcesGptOnly, GPT_HEADERS_END, gptEnd, hasPartitionTable } from './partition-table.ts';
import type { Probe } from './probe.ts';
import { type Notice, Refusal, type Rule } from './rule.ts';
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
  gpt: { code: 'truncated', title: 'copy of the GPT lies inside the file', at: 'u64@32 of the GPT header' },
  fileSystem: { code: 'truncated', title: 'file system lies inside the file', at: 'superblock' },
  sign: { code: 'not-a-disk-image', title: 'partition table, file system, or the word of the user' },
} as const satisfies Record<string, Rule>;

const NOTICES = {
  sign: { code: 'no-sign-of-a-disk', title: 'partition table or file system' },
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
  await requireSignOfDisk(probe, hints);
  ledger.warnIf(
    size % SECTOR_BYTES !== 0,
    NOTICES.wholeSectors,
    `The size, ${size} bytes, is no multiple of ${SECTOR_BYTES}: the file may be cut short.`,
  );
  return { virtualSize: size, guest: PLAIN };
}

function refuseLookAlike(probe: Probe): void {
  const { ledger } = probe;
  ledger.refuseIf(isText(probe), RULES.text, 'The file is text, a web page or an error message perhaps.');
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

async function requireSignOfDisk(probe: Probe, hints: RawHints): Promise<void> {
  const { ledger } = probe;
  const hasSign = hasWholePartitionTable(probe) || (await hasWholeFileSystem(probe));
  ledger.refuseIf(
    !hasSign && !isVouchedFor(probe, hints),
    RULES.sign,
    'The file bears no signature of a disk-image format, and neither a partition table nor a known file system.',
  );
  ledger.warnIf(
    !hasSign,
    NOTICES.sign,
    'No partition table and no known file system was found: it is taken for a raw disk because the user says so.',
  );
}

/** An MBR may name partitions past the end: images for flash cards are published without their empty end. */
function hasWholePartitionTable(probe: Probe): boolean {
  const end = gptEnd(probe);
  if (end !== undefined) probe.ledger.refuseShorterThan(end, RULES.gpt, 'its GPT');
  else if (announcesGptOnly(probe)) refuseLostGpt(probe);
  return hasPartitionTable(probe);
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
