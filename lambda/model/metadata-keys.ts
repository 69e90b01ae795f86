/** The file that speaks of all images of its folder and below it. */
const FOLDER_FILE = 'imagedrop';
/** The endings of files that speak of images and are none themselves; both mean the same. */
const METADATA_ENDINGS = ['.yaml', '.yml'];

/**
 * A drop costs two requests for each folder of its key, and a key has room for 500 of them. No one sorts images ten
 * folders deep: of a deeper key the nearest ten are asked.
 */
export const MAX_FOLDERS = 10;

/** An object key in S3 is at most 1,024 bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;

/** Whether an object speaks of images, by its name alone: it may arrive before the image that it is about. */
export const isMetadataKey = (key: string): boolean => METADATA_ENDINGS.some((ending) => key.endsWith(ending));

export interface MetadataKeys {
  /** Of the folders, from the top of the bucket down. */
  readonly folders: readonly string[];
  /** The image's own; none where its key leaves no room for the ending. */
  readonly own: readonly string[];
}

/** The places of metadata for a drop. */
export function metadataKeys(key: string): MetadataKeys {
  const folders = ['', ...Array.from(key.matchAll(/\//g), ({ index }) => key.slice(0, index + 1))];
  return {
    folders: folders
      .slice(-MAX_FOLDERS)
      .flatMap((folder) => METADATA_ENDINGS.map((ending) => folder + FOLDER_FILE + ending))
      .filter(fits),
    own: METADATA_ENDINGS.map((ending) => key + ending).filter(fits),
  };
}

const fits = (key: string): boolean => Buffer.byteLength(key) <= MAX_KEY_BYTES;
