import { ImageDropError } from '../model/errors.ts';
import type { FoundImage, ImageFormat } from '../model/image.ts';
import type { Target } from '../model/target.ts';
import { Examiner, type InspectOptions } from './examiner.ts';
import type { RangeReader } from './reading/reader.ts';
import { type Check, Refusal } from './reading/rule.ts';

export type { InspectOptions } from './examiner.ts';
export type { Check } from './reading/rule.ts';

/** The verdict on a file, and all that it rests on. */
export interface Examination {
  readonly verdict: 'accept' | 'refuse';
  /** Whose signature the file bears, also when it is refused; `raw` only when it is accepted as that. */
  readonly format?: ImageFormat;
  /** What the file is; absent when it is refused. */
  readonly found?: FoundImage;
  /** Why it is refused. */
  readonly error?: ImageDropError;
  /** In the order in which they were made; those that were not made come last. */
  readonly checks: readonly Check[];
}

/**
 * Finds out what disk image a file is, how large the disk inside is and how it is divided, by at most 8 reads of
 * together 1 MiB. Accepts only what is whole, safe and of the declared format; docs/formats.md lists the
 * checks.
 * @throws any error of the reader: that is not a verdict
 */
export async function examine(reader: RangeReader, options: InspectOptions = {}): Promise<Examination> {
  const examiner = new Examiner(reader, options);
  try {
    const found = await examiner.find();
    return { verdict: 'accept', format: found.format, found, checks: examiner.checks() };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { format } = examiner;
    return { verdict: 'refuse', ...(format !== undefined && { format }), error, checks: examiner.checks(error) };
  }
}

/**
 * What `examine` finds in a file that it accepts.
 * @throws ImageDropError with the reason for which the file is refused, and whatever the reader throws
 */
export function inspect(reader: RangeReader, options: InspectOptions = {}): Promise<FoundImage> {
  return new Examiner(reader, options).find();
}

/** What was found in a disk, with what other files of its archive state about it. */
export function withCompanions(
  found: FoundImage,
  { appliance, warnings: others = [] }: Pick<FoundImage, 'appliance' | 'warnings'>,
): FoundImage {
  const warnings = [...(found.warnings ?? []), ...others];
  return { ...found, ...(warnings.length > 0 && { warnings }), ...(appliance !== undefined && { appliance }) };
}

/**
 * What was found, as it concerns one target: only Glance makes the checks that `glanceRefusal` is about.
 * @throws ImageDropError `not-a-disk-image` where the target takes no files without a sign of a disk
 */
export function foundForTarget(
  found: FoundImage,
  { name, kind, unrecognisedRaw }: Pick<Target, 'name' | 'kind' | 'unrecognisedRaw'>,
): FoundImage {
  if (found.isUnrecognised === true && unrecognisedRaw === 'reject') {
    const message = `No partition table, file system or boot sector was found, and ${name} takes no such raw disks (unrecognisedRaw).`;
    const nextStep = 'Drop an image that boots, or set unrecognisedRaw to "warn" for this target.';
    throw new ImageDropError('not-a-disk-image', message, { nextStep });
  }
  const { glanceRefusal, warnings = [], ...rest } = found;
  if (kind === 'glance' || glanceRefusal === undefined) return found;
  const others = warnings.filter((warning) => warning !== glanceRefusal);
  return { ...rest, ...(others.length > 0 && { warnings: others }) };
}
