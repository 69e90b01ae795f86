import { readFile } from 'node:fs/promises';
import { examine } from '../../lambda/formats/inspect.ts';
import { fileLayer, MAX_FILE_BYTES } from '../../lambda/metadata/yaml-file.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { isMetadataKey } from '../../lambda/model/metadata-keys.ts';
import { openSource } from '../inspect/source.ts';
import type { LocalFile } from '../local-files.ts';

/**
 * The look that create-metadata takes at the drop, taken before anything is sent.
 * @returns why the file would be refused; undefined when it would not
 */
export function refusalOf(file: LocalFile, claimedFormat: string | undefined): Promise<ImageDropError | undefined> {
  return isMetadataKey(file.key) ? refusalOfMetadata(file) : refusalOfImage(file, claimedFormat);
}

async function refusalOfImage(file: LocalFile, claimedFormat: string | undefined): Promise<ImageDropError | undefined> {
  const source = await openSource(file.path);
  try {
    const { error } = await examine(source.reader, {
      fileName: file.key,
      ...(claimedFormat !== undefined && { claimedFormat }),
    });
    return error;
  } finally {
    await source.close();
  }
}

async function refusalOfMetadata({ path, key, size }: LocalFile): Promise<ImageDropError | undefined> {
  try {
    fileLayer({ name: key, size, ...(size <= MAX_FILE_BYTES && { bytes: await readFile(path) }) });
    return undefined;
  } catch (error) {
    if (error instanceof ImageDropError) return error;
    throw error;
  }
}
