/** The checksum files of publishers that lie beside local files, and their signatures. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { baseName, folderOf, isChecksumKey, maySpeakOf, signedKey } from '../../lambda/model/metadata-keys.ts';
import { type ChecksumFile, isList, MAX_CHECKSUM_FILE_BYTES } from '../../lambda/publisher/checksum-file.ts';
import { expectedChecksum } from '../../lambda/publisher/expected-checksum.ts';
import { type LocalFile, refuseTwins } from '../local-files.ts';

export async function readChecksumFile(path: string): Promise<ChecksumFile> {
  const { size } = await stat(path);
  return { name: basename(path), size, ...(size <= MAX_CHECKSUM_FILE_BYTES && { bytes: await readFile(path) }) };
}

/** The checksum files in the folder of a file that may name it, and their signatures. */
export async function checksumFilesAround({ path }: Pick<LocalFile, 'path'>): Promise<readonly ChecksumFile[]> {
  const folder = dirname(path);
  const names = (await readdir(folder)).filter((each) => {
    const list = signedKey(each) ?? each;
    return isChecksumKey(list) && maySpeakOf(list, basename(path));
  });
  return Promise.all(names.map((each) => readChecksumFile(join(folder, each))));
}

/**
 * Those that name the file, and their signatures, with the keys by which the stack finds them beside the drop. Nothing
 * is verified here: the keys of publishers are in the settings of the stack.
 * @param around its checksum files
 */
export function namingFiles(file: LocalFile, around: readonly ChecksumFile[]): readonly LocalFile[] {
  const name = basename(file.path);
  // Under another name its checksum files would say nothing of it.
  if (baseName(file.key) !== name) return [];
  const lists = around.filter(
    (each) => isList(each) && expectedChecksum(name, undefined, [each]).checksum !== undefined,
  );
  const signed = new Set(lists.map((each) => each.name));
  return around
    .filter((each) => signed.has(each.name) || signed.has(signedKey(each.name) ?? ''))
    .map((each) => ({
      path: join(dirname(file.path), each.name),
      key: folderOf(file.key) + each.name,
      size: each.size,
    }));
}

/** Several images have one list of checksums. @throws WrongUse for two files of one key */
export function withoutRepeats(files: readonly LocalFile[]): readonly LocalFile[] {
  const once = [...new Map(files.map((file) => [`${file.path}\n${file.key}`, file])).values()];
  refuseTwins(once);
  return once;
}
