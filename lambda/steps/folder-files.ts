import { MAX_FILE_BYTES } from '../metadata/yaml-file.ts';
import type { ObjectStore, SmallObject } from './ports.ts';

/** Looks for the file of a folder. @param arrivedAt when the image arrived that asks for it */
export type FolderFiles = (bucket: string, key: string, arrivedAt: Date) => Promise<SmallObject | undefined>;

interface Look {
  readonly beganAt: number;
  readonly found: Promise<SmallObject | undefined>;
}

/** S3 tells times in whole seconds, and its clock is not ours. */
const CLOCK_MARGIN_MS = 2000;
/** An image that waited for long is to meet the folder as people see it now, not as it once was. */
const BELIEVED_FOR_MS = 10_000;

/**
 * Looks once for images that come together: a thousand drops in one folder ask for one file. What was there after an image
 * had arrived is what it shall have, so only a look that began later than that is good for it.
 */
export function folderFiles(objects: Pick<ObjectStore, 'read'>, now: () => Date): FolderFiles {
  const looks = new Map<string, Look>();
  return (bucket, key, arrivedAt) => {
    const url = `${bucket}/${key}`;
    const beganAt = now().getTime();
    for (const [each, look] of looks) if (beganAt - look.beganAt > BELIEVED_FOR_MS) looks.delete(each);
    const earlier = looks.get(url);
    if (earlier !== undefined && earlier.beganAt > arrivedAt.getTime() + CLOCK_MARGIN_MS) return earlier.found;
    const found = objects.read(bucket, key, MAX_FILE_BYTES);
    looks.set(url, { beganAt, found });
    found.catch(() => looks.delete(url));
    return found;
  };
}
