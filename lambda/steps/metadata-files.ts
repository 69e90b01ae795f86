import { MAX_FILE_BYTES, type MetadataFile } from '../metadata/yaml-file.ts';
import { metadataKeys } from '../model/metadata-keys.ts';
import type { MetadataFileRef } from '../model/record.ts';
import type { ObjectStore, SmallObject } from './ports.ts';

/** A file as it was read, and which version that was. */
export interface ReadFile extends MetadataFile {
  readonly ref: MetadataFileRef;
}

export interface MetadataFilesDependencies {
  readonly objects: Pick<ObjectStore, 'read'>;
  readonly folderFiles: FolderFiles;
}

/**
 * The files that speak of an image, from the top of the bucket down; all are looked for at once.
 * @param arrivedAt when the image arrived, or when it was asked to be tried again
 */
export async function metadataFiles(
  { bucket, key }: { readonly bucket: string; readonly key: string },
  arrivedAt: Date,
  { objects, folderFiles }: MetadataFilesDependencies,
): Promise<readonly ReadFile[]> {
  const { folders, own } = metadataKeys(key);
  const found = await Promise.all([
    ...folders.map((file) => folderFiles(bucket, file, arrivedAt)),
    ...own.map((file) => objects.read(bucket, file, MAX_FILE_BYTES)),
  ]);
  return found.flatMap((object) => (object === undefined ? [] : [readFile(object)]));
}

function readFile({ key, versionId, etag, size, bytes }: SmallObject): ReadFile {
  const ref = { key, ...(versionId !== undefined && { versionId }), etag };
  return { name: key, size, ...(bytes !== undefined && { bytes }), ref };
}

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
