import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { examine } from '../../lambda/formats/inspect.ts';
import { fileLayer, MAX_FILE_BYTES } from '../../lambda/metadata/yaml-file.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { isChecksumKey, isMetadataKey, signedKey } from '../../lambda/model/metadata-keys.ts';
import { isPacked, SIGNATURE_BYTES } from '../../lambda/packed/signatures.ts';
import { checksumsIn, isList } from '../../lambda/publisher/checksum-file.ts';
import { checksumMismatch, expectedChecksum } from '../../lambda/publisher/expected-checksum.ts';
import { saidToAll } from '../inspect/metadata.ts';
import { openSource } from '../inspect/source.ts';
import type { LocalFile } from '../local-files.ts';
import { checksumFilesAround, namingFiles, readChecksumFile } from '../upload/checksum-files.ts';
import type { DropOptions } from './options.ts';

type UserMetadata = Readonly<Record<string, string>>;

/** What a look at a file shows before anything is sent. */
export interface Look {
  /** Why the file would be refused. */
  readonly refusal?: ImageDropError;
  /** Why no look was possible. */
  readonly failure?: unknown;
  /** What is unusual in a file that is sent all the same. */
  readonly warnings?: readonly string[];
  /** The checksum files that name it, and their signatures: they are dropped, too. */
  readonly beside: readonly LocalFile[];
}

const NOTHING: Look = { beside: [] };

/** The look that create-metadata takes at the drop, and the comparison with its checksum. Never throws. */
export async function lookAt(file: LocalFile, { unchecked, metadata }: DropOptions): Promise<Look> {
  if (unchecked || signedKey(file.key) !== undefined) return NOTHING;
  try {
    if (isMetadataKey(file.key)) await requireMetadata(file);
    else if (isChecksumKey(file.key)) checksumsIn(await readChecksumFile(file.path));
    else return await lookAtImage(file, metadata);
    return NOTHING;
  } catch (error) {
    return error instanceof ImageDropError ? { ...NOTHING, refusal: error } : { ...NOTHING, failure: error };
  }
}

/**
 * What the files around it say of it counts, as in `imagedrop inspect`. A packed file is not unpacked for this: the stack
 * does that.
 * @throws ImageDropError with the reason for which it would be refused
 */
async function lookAtImage(file: LocalFile, userMetadata: UserMetadata): Promise<Look> {
  const source = await openSource(file.path, file.folder);
  try {
    const { diskFormat: claimedFormat, checksum } = saidToAll({ files: source.said.files, userMetadata });
    const { reader } = source;
    let warnings: readonly string[] = [];
    if (!isPacked(await reader.read(0, Math.min(SIGNATURE_BYTES, reader.size)))) {
      const { error, found } = await examine(reader, {
        fileName: file.key,
        ...(claimedFormat !== undefined && { claimedFormat }),
      });
      if (error !== undefined) throw error;
      warnings = found?.warnings ?? [];
    }
    return { warnings, beside: await compareChecksum(file, checksum) };
  } finally {
    await source.close();
  }
}

/** @returns the checksum files that name it, and their signatures @throws `checksum-mismatch`, `checksum-conflict` */
async function compareChecksum(file: LocalFile, inMetadata: string | undefined): Promise<readonly LocalFile[]> {
  const name = basename(file.path);
  const around = await checksumFilesAround(file);
  const { checksum } = expectedChecksum(name, inMetadata, around.filter(isList));
  if (checksum === undefined) return [];
  const hash = createHash(checksum.algorithm);
  await pipeline(createReadStream(file.path), hash);
  const actual = hash.digest('hex');
  if (actual !== checksum.value) throw checksumMismatch(name, checksum, actual);
  return namingFiles(file, around);
}

/** @throws `bad-metadata` */
async function requireMetadata({ path, key, size }: LocalFile): Promise<void> {
  fileLayer({ name: key, size, ...(size <= MAX_FILE_BYTES && { bytes: await readFile(path) }) });
}
