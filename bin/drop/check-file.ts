import { examine } from '../../lambda/formats/inspect.ts';
import type { ImageDropError } from '../../lambda/model/errors.ts';
import { openSource } from '../inspect/source.ts';
import type { LocalFile } from '../local-files.ts';

/**
 * The inspection that create-metadata makes of the drop, made before anything is sent.
 * @returns why the file would be refused; undefined when it would not
 */
export async function refusalOf(
  file: LocalFile,
  claimedFormat: string | undefined,
): Promise<ImageDropError | undefined> {
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
