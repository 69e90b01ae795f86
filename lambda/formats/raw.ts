import { ImageDropError } from '../model/errors.ts';
import type { FoundImage } from '../model/image.ts';
import { findFileSystem } from './file-systems.ts';
import { foundImage } from './format.ts';
import { findLookAlike } from './look-alikes.ts';
import { gptEnd, hasPartitionTable, mbrEnd } from './partition-table.ts';
import type { Probe } from './probe.ts';
import { refuseIf, refuseShorterThan } from './refuse.ts';
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

/**
 * Judges a file that bears no format's signature. Any bytes can be read as a raw disk, so a wrong file (a web page, an
 * archive) would become an image that cannot boot: a raw disk must bear a sign that it is one, or be vouched for.
 */
export async function inspectRaw(probe: Probe, hints: RawHints): Promise<FoundImage> {
  refuseLookAlike(probe);
  const { claimed } = hints;
  refuseIf(
    claimed !== undefined && claimed !== 'raw',
    'wrong-format',
    `The metadata says that the file is ${claimed}, but it bears no signature of that format.`,
  );
  refuseLostFooter(claimed, hints.fileName);
  const warnings = await diskSignWarnings(probe, hints);
  if (probe.size % SECTOR_BYTES !== 0) {
    warnings.push(`The size, ${probe.size} bytes, is no multiple of ${SECTOR_BYTES}: the file may be cut short.`);
  }
  return foundImage('raw', probe.size, { warnings });
}

function refuseLookAlike(probe: Probe): void {
  refuseIf(isText(probe), 'not-a-disk-image', 'The file is text, a web page or an error message perhaps.');
  const lookAlike = findLookAlike(probe);
  if (lookAlike === undefined) return;
  const { code, name, nextStep } = lookAlike;
  throw new ImageDropError(code, `The file is ${name}.`, nextStep === undefined ? {} : { nextStep });
}

/** A fixed VHD bears its signature at its end only: cut short it looks like the raw disk that it holds. */
function refuseLostFooter(claimed: string | undefined, fileName = ''): void {
  refuseIf(
    claimed === undefined && VHD_NAME.test(fileName),
    'truncated',
    'The file is named like a VHD but has no VHD footer at its end: the end is missing.',
  );
}

async function diskSignWarnings(probe: Probe, hints: RawHints): Promise<string[]> {
  if (hasPartitionTable(probe)) return partitionWarnings(probe);
  const fileSystem = await findFileSystem(probe);
  if (fileSystem !== undefined) {
    refuseShorterThan(fileSystem.bytes, probe.size, `its ${fileSystem.name}`);
    return [];
  }
  refuseIf(
    !isVouchedFor(probe, hints),
    'not-a-disk-image',
    'The file bears no signature of a disk-image format, and neither a partition table nor a known file system.',
  );
  return [
    'No partition table and no known file system was found: it is taken for a raw disk because the user says so.',
  ];
}

function isVouchedFor({ size }: Probe, { claimed, fileName }: RawHints): boolean {
  return claimed === 'raw' || (RAW_NAME.test(fileName ?? '') && size % SECTOR_BYTES === 0);
}

function partitionWarnings(probe: Probe): string[] {
  const end = gptEnd(probe);
  if (end !== undefined) {
    refuseShorterThan(end, probe.size, 'its GPT');
    return [];
  }
  // No refusal: images for flash cards are published without the empty end of their last partition.
  const lastPartitionEnd = mbrEnd(probe);
  if (lastPartitionEnd <= probe.size) return [];
  return [`A partition reaches to byte ${lastPartitionEnd}, past the end of the file at ${probe.size}.`];
}
