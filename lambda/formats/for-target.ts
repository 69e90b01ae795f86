import { ImageDropError } from '../model/errors.ts';
import type { FoundImage } from '../model/image.ts';
import type { Target } from '../model/target.ts';

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
