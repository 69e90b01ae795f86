import { readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { MAX_FILE_BYTES, type MetadataFile } from '../../lambda/metadata/yaml-file.ts';
import { metadataKeys } from '../../lambda/model/metadata-keys.ts';
import { WrongUse } from '../terminal/exit-codes.ts';

/**
 * The metadata files around a file, as they would apply in a bucket, from the top down.
 * @param path absolute
 * @param top the folder that counts as the top of the bucket, as for `aws s3 sync . s3://…`; for a file that is not in
 * it, its own folder does
 * @throws WrongUse when one is there and cannot be read
 */
export async function localMetadata(path: string, top: string): Promise<readonly MetadataFile[]> {
  const folder = isBelow(path, top) ? top : dirname(path);
  const { folders, own } = metadataKeys(relative(folder, path).split(sep).join('/'));
  const files = [...folders, ...own].map((key) => ({ key, path: join(folder, key) }));
  const found = await Promise.all(files.map((file) => read(file.path, folder === top ? file.key : file.path)));
  return found.flatMap((file) => file ?? []);
}

function isBelow(path: string, folder: string): boolean {
  const between = relative(folder, path);
  return !isAbsolute(between) && !between.startsWith(`..${sep}`);
}

async function read(path: string, name: string): Promise<MetadataFile | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats?.isFile()) return undefined;
  if (stats.size > MAX_FILE_BYTES) return { name, size: stats.size };
  const bytes = await readFile(path).catch((cause) => {
    throw new WrongUse(`${name} cannot be read: ${cause.message}.`, { cause });
  });
  return { name, size: bytes.length, bytes };
}
