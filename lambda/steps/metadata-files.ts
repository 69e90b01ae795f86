import { MAX_FILE_BYTES, type MetadataFile } from '../metadata/yaml-file.ts';
import { metadataKeys } from '../model/metadata-keys.ts';
import type { MetadataFileRef } from '../model/record.ts';
import type { ObjectStore, SmallObject } from './ports.ts';

/** A file as it was read, and which version that was. */
export interface ReadFile extends MetadataFile {
  readonly ref: MetadataFileRef;
}

/** Finds the files that speak of an object, in the order of metadataKeys. */
export type MetadataFiles = (bucket: string, key: string) => Promise<readonly ReadFile[]>;

/** Reads them all at once, and each no more than once: drops and targets that are taken up together share them. */
export function metadataFiles(objects: Pick<ObjectStore, 'read'>): MetadataFiles {
  const known = new Map<string, Promise<SmallObject | undefined>>();
  const read = (bucket: string, key: string) => {
    const url = `${bucket}/${key}`;
    const reading = known.get(url) ?? objects.read(bucket, key, MAX_FILE_BYTES);
    known.set(url, reading);
    return reading;
  };
  return async (bucket, key) => {
    const found = await Promise.all(metadataKeys(key).map((file) => read(bucket, file)));
    return found.flatMap((object) => (object === undefined ? [] : [readFile(object)]));
  };
}

function readFile({ key, versionId, etag, size, bytes }: SmallObject): ReadFile {
  const ref = { key, ...(versionId !== undefined && { versionId }), etag };
  return { name: key, size, ...(bytes !== undefined && { bytes }), ref };
}
