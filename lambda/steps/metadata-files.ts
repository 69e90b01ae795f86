import { MAX_FILE_BYTES, type MetadataFile } from '../metadata/yaml-file.ts';
import { metadataKeys } from '../model/metadata-keys.ts';
import type { MetadataFileRef } from '../model/record.ts';
import type { FolderFiles } from './folder-files.ts';
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
