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

/** Files that publishers put beside an image, by what follows its name. */
const CHECKSUM_ENDINGS = ['.sha256', '.sha512', '.md5', '.DIGESTS', '.CHECKSUM', '.SHA256SUM', '.SHA512SUM'] as const;
/** Files that speak of the images in their folder. */
const FOLDER_CHECKSUMS = ['SHA256SUMS', 'SHA512SUMS', 'CHECKSUM'] as const;
/** The same with the name of a release: of Fedora, and of FreeBSD. */
const RELEASE_CHECKSUMS = /^(.+-CHECKSUM|CHECKSUM\.SHA(256|512)-.+)$/;

/** Signatures of files, by what follows the name of the signed file: OpenPGP, and minisign. */
const SIGNATURE_ENDINGS = ['.gpg', '.asc', '.sig', '.sign', '.minisig'] as const;

export const baseName = (key: string): string => key.slice(key.lastIndexOf('/') + 1);
export const folderOf = (key: string): string => key.slice(0, key.lastIndexOf('/') + 1);

const isFolderChecksum = (name: string): boolean =>
  FOLDER_CHECKSUMS.some((each) => each === name) || RELEASE_CHECKSUMS.test(name);

/** The image that a checksum file is about, by its name alone; undefined where it is about any in its folder. */
export function imageOfChecksum(key: string): string | undefined {
  const ending = CHECKSUM_ENDINGS.find((each) => key.endsWith(each) && baseName(key) !== each);
  return ending === undefined ? undefined : key.slice(0, -ending.length);
}

/** The file that a signature is of, by its name alone; undefined where it is none. */
export function signedKey(key: string): string | undefined {
  const ending = SIGNATURE_ENDINGS.find((each) => key.endsWith(each) && baseName(key) !== each);
  return ending === undefined ? undefined : key.slice(0, -ending.length);
}

/** Where a file has its signatures. */
export const signatureKeys = (key: string): readonly string[] =>
  SIGNATURE_ENDINGS.map((ending) => key + ending).filter(fits);

/** Whether an object holds checksums of images, by its name alone. */
export const isChecksumKey = (key: string): boolean =>
  signedKey(key) === undefined && (isFolderChecksum(baseName(key)) || imageOfChecksum(key) !== undefined);

/** Whether an object speaks of images and is none itself. */
export const isCompanionKey = (key: string): boolean =>
  isMetadataKey(key) || isChecksumKey(key) || signedKey(key) !== undefined;

/** Whether a checksum file may speak of an image: it is in the same folder, and is about any image or this one. */
export const maySpeakOf = (checksumKey: string, key: string): boolean =>
  folderOf(checksumKey) === folderOf(key) &&
  (isFolderChecksum(baseName(checksumKey)) || imageOfChecksum(checksumKey) === key);

/** Where an image has its checksum files, as far as their names are known without a look into the folder. */
export const checksumKeys = (key: string): readonly string[] =>
  [...CHECKSUM_ENDINGS.map((ending) => key + ending), ...FOLDER_CHECKSUMS.map((name) => folderOf(key) + name)].filter(
    fits,
  );

/** Whether a metadata file is about all images of its folder. */
export const isFolderFile = (key: string): boolean => /(^|\/)imagedrop\.ya?ml$/.test(key);

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

/** Amazon S3 user guide: a key has 1,024 bytes at most. */
export const fits = (key: string): boolean => Buffer.byteLength(key) <= MAX_KEY_BYTES;
