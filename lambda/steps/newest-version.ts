import { dropId } from '../model/drop.ts';
import { ImageDropError } from '../model/errors.ts';
import type { DropRecord } from '../model/record.ts';
import { type FailDependencies, supersede } from './give-up-image.ts';
import type { ObjectHead } from './ports.ts';

/**
 * The object of the drop, as long as it is what lies under its key now.
 * @param seen what was found under the key just now
 * @returns undefined when the key was written again: the record is settled as superseded
 * @throws `object-gone` when the key was deleted
 */
export async function newestVersion(
  key: string,
  record: DropRecord,
  deps: FailDependencies,
  seen?: ObjectHead,
): Promise<ObjectHead | undefined> {
  const { drop } = record;
  const newest = seen ?? (await deps.objects.head(drop.bucket, drop.key));
  if (newest === undefined) {
    throw new ImageDropError('object-gone', `s3://${drop.bucket}/${drop.key} was deleted before its upload began.`);
  }
  if (dropId(newest) === drop.id) return newest;
  await supersede(key, record, dropId(newest), deps);
  return undefined;
}
