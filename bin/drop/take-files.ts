import { createWriteStream, globSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isChecksumKey } from '../../lambda/model/metadata-keys.ts';
import { type LocalFile, localFile } from '../local-files.ts';
import { printable } from '../printable.ts';
import { adviceOn } from '../terminal/advice.ts';
import { WrongUse } from '../terminal/exit-codes.ts';

const STDIN = '-';
const URL_FORM = /^https?:\/\//;

/**
 * The files that are named on the command line: files, folders with all files in them, URLs, and `-` for the standard
 * input. A stream is stored in a temporary file first, because the inspection reads at both ends of a disk.
 * @param key of the standard input, which has no name
 * @returns the files, and what removes the temporary ones
 * @throws WrongUse naming the argument
 */
export async function takeFiles(given: readonly string[], key: string | undefined) {
  const taken = new AsyncDisposableStack();
  try {
    const files: LocalFile[] = [];
    for (const each of given) files.push(...(await filesOf(each, key, taken)));
    return { files, remove: () => taken.disposeAsync() };
  } catch (error) {
    await taken.disposeAsync();
    throw error;
  }
}

async function filesOf(given: string, key: string | undefined, taken: AsyncDisposableStack) {
  if (given === STDIN) {
    if (key === undefined) throw new WrongUse('The standard input has no name: add --key KEY.');
    return [await stored(process.stdin, join(await folderIn(taken), basename(key)))];
  }
  if (URL_FORM.test(given)) return [await download(new URL(given), await folderIn(taken))];
  const path = resolve(process.env.INIT_CWD ?? '.', given);
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? filesBelow(path, given) : [localFile(given)];
}

/** The keys are relative to the folder, as by `aws s3 sync`. Hidden files are left out. */
function filesBelow(folder: string, given: string): readonly LocalFile[] {
  const paths = globSync('**/*', { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter(
      (path) =>
        !relative(folder, path)
          .split(sep)
          .some((part) => part.startsWith('.')),
    );
  if (paths.length === 0) throw new WrongUse(`The folder ${given} contains no files.`);
  return paths.toSorted().map((path) => ({ ...localFile(path), key: relative(folder, path).split(sep).join('/') }));
}

async function folderIn(taken: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'imagedrop-taken-'));
  taken.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function stored(bytes: Readable, path: string): Promise<LocalFile> {
  await pipeline(bytes, createWriteStream(path, { mode: 0o600 }));
  return localFile(path);
}

/** The checksum files of its publisher are stored beside it: there they count for a drop. */
async function download(url: URL, folder: string): Promise<LocalFile> {
  const name = decodeURIComponent(basename(url.pathname));
  if (name === '' || name.includes('/')) throw new WrongUse(`${url.href} names no file.`);
  process.stderr.write(`Downloading ${printable(url.href)} …\n`);
  for (const beside of [`${name}.sha256`, `${name}.sha512`, 'SHA256SUMS', 'SHA512SUMS', 'CHECKSUM']) {
    const bytes = isChecksumKey(beside) ? await bytesAt(new URL(encodeURIComponent(beside), url)) : undefined;
    if (bytes instanceof Readable) await stored(bytes, join(folder, beside));
  }
  const bytes = await bytesAt(url);
  if (bytes instanceof Readable) return stored(bytes, join(folder, name));
  throw new WrongUse(`The server answers ${bytes} for ${url.href}: check the address.`);
}

/** @returns the bytes, or the status of another answer */
async function bytesAt(url: URL): Promise<Readable | number> {
  try {
    const { ok, status, body } = await fetch(url);
    if (ok && body !== null) return Readable.fromWeb(body);
    await body?.cancel();
    return status;
  } catch (error) {
    const { cause = error } = error as Error;
    const step = adviceOn(cause);
    throw new Error(`${url.href} cannot be downloaded: ${(cause as Error).message}. ${step ?? ''}`.trim(), { cause });
  }
}
