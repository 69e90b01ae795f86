import { ImageDropError } from '../model/errors.ts';
import type { FoundImage } from '../model/image.ts';
import type { Format } from './format.ts';
import { findLookAlike } from './look-alikes.ts';
import { hasPartitionTable } from './partition-table.ts';
import { Probe } from './probe.ts';
import { inspectRaw } from './raw.ts';
import type { RangeReader } from './reader.ts';
import { refuseIf } from './refuse.ts';
import { FORMATS } from './registry.ts';

export interface InspectOptions {
  /** What the user says the format is; in any case, and `vpc` for vhd. */
  readonly claimedFormat?: string;
  /** Name or key of the file. Its ending can vouch for a raw disk that bears no sign. */
  readonly fileName?: string;
}

/** Other names of formats; qemu-img says `vpc`. */
const ALIASES: Readonly<Record<string, string>> = { vpc: 'vhd' };

/**
 * Finds out what disk image a file is and how large the disk inside is, by at most 8 reads of together 1 MiB.
 * Accepts only what is whole, safe and the format that it is said to be; docs/formats.md lists the checks.
 * @throws ImageDropError with the reason for which the file is refused, and whatever the reader throws
 */
export async function inspect(reader: RangeReader, options: InspectOptions = {}): Promise<FoundImage> {
  refuseIf(reader.size === 0, 'empty', 'The file has no bytes.');
  const probe = await Probe.open(reader);
  const claimed = canonicalName(options.claimedFormat);
  const format = theOneFormat(probe);
  if (format === undefined) return inspectRaw(probe, { claimed, fileName: options.fileName });
  refuseIf(
    claimed !== undefined && claimed !== format.name,
    'wrong-format',
    `The metadata says that the file is ${claimed}, but it is ${format.name}.`,
  );
  return format.inspect(probe);
}

function canonicalName(claimedFormat: string | undefined): string | undefined {
  const name = claimedFormat?.trim().toLowerCase();
  return name === undefined ? undefined : (ALIASES[name] ?? name);
}

/**
 * A file that can be read as two formats is read as one by us and as the other by somebody else (CVE-2024-32498 and
 * its family): all signatures are tested, and only the pairs that occur in honest files are let through.
 */
function theOneFormat(probe: Probe): Format | undefined {
  const matching = FORMATS.filter((format) => format.matches(probe));
  const format = matching[0];
  if (format === undefined) return undefined;
  const names = [...matching.map(({ name }) => name as string), ...otherSignatures(probe, format)];
  if (names.length === 1) return format;
  throw new ImageDropError('two-formats', `The file bears the signatures of several formats: ${names.join(', ')}.`);
}

function otherSignatures(probe: Probe, format: Format): string[] {
  const others: string[] = [];
  if (hasPartitionTable(probe) && !format.mayBePartitioned?.(probe)) others.push('a partition table');
  const lookAlike = findLookAlike(probe);
  if (lookAlike !== undefined) others.push(lookAlike.name);
  return others;
}
