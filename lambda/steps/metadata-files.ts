import { MAX_FILE_BYTES, type MetadataFile } from '../metadata/yaml-file.ts';
import { metadataKeys } from '../model/metadata-keys.ts';
import type { MetadataFileRef } from '../model/record.ts';
import type { CreateMetadataDependencies, FolderFiles, ObjectStore, SmallObject } from './ports.ts';

/** A file as it was read, and which version that was. */
export interface ReadFile extends MetadataFile {
  readonly ref: MetadataFileRef;
}

/**
 * The metadata files of an image, from the top of the bucket down. All are requested at the same time.
 * @param arrivedAt when the image arrived, or when its retry was requested
 */
export async function metadataFiles(
  { bucket, key }: { readonly bucket: string; readonly key: string },
  arrivedAt: Date,
  { objects, folderFiles: fileOfFolder }: Pick<CreateMetadataDependencies, 'objects' | 'folderFiles'>,
): Promise<readonly ReadFile[]> {
  const { folders, own } = metadataKeys(key);
  const found = await Promise.all([
    ...folders.map((file) => fileOfFolder(bucket, file, arrivedAt)),
    ...own.map((file) => objects.read(bucket, file, MAX_FILE_BYTES)),
  ]);
  return found.flatMap((object) => (object === undefined ? [] : [readFile(object)]));
}

function readFile({ key, versionId, etag, size, bytes }: SmallObject): ReadFile {
  const ref = { key, ...(versionId !== undefined && { versionId }), etag };
  return { name: key, size, ...(bytes !== undefined && { bytes }), ref };
}

interface Look {
  readonly beganAt: number;
  readonly found: Promise<SmallObject | undefined>;
}

/** S3 reports times in whole seconds, and its clock may differ from ours. */
const CLOCK_MARGIN_MS = 2000;
/** An image that waited for long must get the folder's file as it is now, not as it once was. */
const KEPT_FOR_MS = 10_000;

/**
 * Looks once for images that arrive together: a thousand drops in one folder need one file. An image must get the file as
 * it was after its arrival, so only a look that began later is used for it.
 */
export function folderFiles(objects: Pick<ObjectStore, 'read'>, now: () => Date): FolderFiles {
  const looks = new Map<string, Look>();
  return (bucket, key, arrivedAt) => {
    const url = `${bucket}/${key}`;
    const beganAt = now().getTime();
    for (const [each, look] of looks) if (beganAt - look.beganAt > KEPT_FOR_MS) looks.delete(each);
    const earlier = looks.get(url);
    if (earlier !== undefined && earlier.beganAt > arrivedAt.getTime() + CLOCK_MARGIN_MS) return earlier.found;
    const found = objects.read(bucket, key, MAX_FILE_BYTES);
    looks.set(url, { beganAt, found });
    found.catch(() => looks.delete(url));
    return found;
  };
}
