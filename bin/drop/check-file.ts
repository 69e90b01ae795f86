import { readFile } from 'node:fs/promises';
import { examine } from '../../lambda/formats/inspect.ts';
import { fileLayer, MAX_FILE_BYTES } from '../../lambda/metadata/yaml-file.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { isMetadataKey } from '../../lambda/model/metadata-keys.ts';
import { isPacked, SIGNATURE_BYTES } from '../../lambda/packed/signatures.ts';
import { saidToAll } from '../inspect/metadata.ts';
import { openSource } from '../inspect/source.ts';
import type { LocalFile } from '../local-files.ts';

type UserMetadata = Readonly<Record<string, string>>;

/**
 * The look that create-metadata takes at the drop, taken before anything is sent.
 * @returns why the file would be refused; undefined when it would not
 */
export async function refusalOf(file: LocalFile, userMetadata: UserMetadata): Promise<ImageDropError | undefined> {
  try {
    return await (isMetadataKey(file.key) ? refusalOfMetadata(file) : refusalOfImage(file, userMetadata));
  } catch (error) {
    if (error instanceof ImageDropError) return error;
    throw error;
  }
}

/**
 * What the files around it say of it counts, as in `imagedrop inspect`. A packed file is not unpacked for this: the stack
 * does that.
 */
async function refusalOfImage(file: LocalFile, userMetadata: UserMetadata): Promise<ImageDropError | undefined> {
  const source = await openSource(file.path);
  try {
    const { diskFormat: claimedFormat } = saidToAll({ files: source.said.files, userMetadata });
    const { reader } = source;
    if (isPacked(await reader.read(0, Math.min(SIGNATURE_BYTES, reader.size)))) return undefined;
    const { error } = await examine(source.reader, {
      fileName: file.key,
      ...(claimedFormat !== undefined && { claimedFormat }),
    });
    return error;
  } finally {
    await source.close();
  }
}

/** @throws `bad-metadata` */
async function refusalOfMetadata({ path, key, size }: LocalFile): Promise<undefined> {
  fileLayer({ name: key, size, ...(size <= MAX_FILE_BYTES && { bytes: await readFile(path) }) });
}
