import { createWriteStream, readdirSync, rmSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { signatureKeys } from '../../lambda/model/metadata-keys.ts';
import { MAX_CHECKSUM_FILE_BYTES } from '../../lambda/publisher/checksum-file.ts';
import { type LocalFile, localFile } from '../local-files.ts';
import { printable } from '../printable.ts';
import { adviceOn } from '../terminal/advice.ts';
import { WrongUse } from '../terminal/exit-codes.ts';

const STDIN = '-';
const URL_FORM = /^https?:\/\//;

/** Whether an argument is a URL or the standard input. */
export const isStream = (given: string): boolean => given === STDIN || URL_FORM.test(given);

/**
 * The files that are named on the command line: files, folders with all files in them, URLs, and `-` for the standard
 * input. A stream is stored in a temporary file first, because the inspection reads at both ends of a disk.
 * @param key of the standard input, which has no name
 * @param stop ends a download
 * @returns the files, and what removes the temporary ones
 * @throws WrongUse naming the argument
 */
export async function takeFiles(given: readonly string[], key: string | undefined, stop: AbortSignal) {
  const temporary: string[] = [];
  const remove = () => {
    for (const folder of temporary.splice(0)) rmSync(folder, { recursive: true, force: true });
  };
  // A second Ctrl-C ends the process at once.
  process.once('exit', remove);
  const newFolder = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'imagedrop-taken-'));
    temporary.push(folder);
    return folder;
  };
  try {
    const files: LocalFile[] = [];
    for (const each of given) files.push(...(await filesOf(each, key, newFolder, stop)));
    return { files, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

async function filesOf(given: string, key: string | undefined, newFolder: () => Promise<string>, stop: AbortSignal) {
  if (given === STDIN) {
    if (key === undefined) throw new WrongUse('The standard input has no name: add --key KEY.');
    return [await stored(process.stdin, join(await newFolder(), basename(key)), stop)];
  }
  if (URL_FORM.test(given)) return [await download(given, newFolder, stop)];
  const path = resolve(process.env.INIT_CWD ?? '.', given);
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? filesBelow(path, given) : [localFile(given)];
}

/** The keys are relative to the folder, as by `aws s3 sync`. Hidden files and links are left out. */
function filesBelow(folder: string, given: string): readonly LocalFile[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => ({ entry, path: relative(folder, join(entry.parentPath, entry.name)) }))
    .filter(({ path }) => !path.split(sep).some((part) => part.startsWith('.')));
  for (const { path } of entries.filter(({ entry }) => entry.isSymbolicLink())) {
    process.stderr.write(`${printable(path)} is a link and is not dropped.\n`);
  }
  const paths = entries.filter(({ entry }) => entry.isFile()).map(({ path }) => path);
  if (paths.length === 0) throw new WrongUse(`The folder ${given} contains no files.`);
  return paths.toSorted().map((path) => ({ ...localFile(join(folder, path)), folder, key: path.split(sep).join('/') }));
}

async function stored(bytes: Readable, path: string, stop: AbortSignal): Promise<LocalFile> {
  await pipeline(bytes, createWriteStream(path, { mode: 0o600 }), { signal: stop });
  return localFile(path);
}

/** The checksum files of its publisher and their signatures are stored beside it: there they count for a drop. */
async function download(given: string, newFolder: () => Promise<string>, stop: AbortSignal): Promise<LocalFile> {
  const url = parsed(given);
  const name = nameIn(url);
  const folder = await newFolder();
  process.stderr.write(`Downloading ${printable(shown(url))} …\n`);
  const fetchBeside = (beside: string) =>
    fetched(new URL(encodeURIComponent(beside), url), join(folder, beside), stop, MAX_CHECKSUM_FILE_BYTES);
  for (const list of [`${name}.sha256`, `${name}.sha512`, 'SHA256SUMS', 'SHA512SUMS', 'CHECKSUM']) {
    if (typeof (await fetchBeside(list)) === 'number') continue;
    for (const signature of signatureKeys(list)) await fetchBeside(signature);
  }
  const file = await fetched(url, join(folder, name), stop);
  if (typeof file !== 'number') return file;
  const answer = `The server answers ${file} for ${shown(url)}`;
  throw file < 500 ? new WrongUse(`${answer}: check the address.`) : new Error(`${answer}: try again later.`);
}

function parsed(given: string): URL {
  try {
    return new URL(given);
  } catch (cause) {
    throw new WrongUse(`${given} is not a URL.`, { cause });
  }
}

/** Without a query and credentials, which may be secret. */
const shown = ({ origin, pathname }: URL): string => `${origin}${pathname}`;

function nameIn(url: URL): string {
  const [, encoded = ''] = /\/([^/]+)$/.exec(url.pathname) ?? [];
  const name = decoded(encoded);
  if (name !== undefined && /^[^\\/\0]+$/.test(name) && name !== '..') return name;
  throw new WrongUse(`${shown(url)} does not end with the name of a file.`);
}

function decoded(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

/** Content-Encoding would change the bytes that the checksum is of. */
const AS_STORED = { headers: { 'accept-encoding': 'identity' } };

/** @returns the status of any answer but the bytes */
async function fetched(url: URL, path: string, stop: AbortSignal, maxBytes = Infinity): Promise<LocalFile | number> {
  try {
    const { ok, status, headers, body } = await fetch(url, { ...AS_STORED, signal: stop });
    const isAsStored = (headers.get('content-encoding') ?? 'identity') === 'identity';
    if (ok && isAsStored && body !== null && Number(headers.get('content-length') ?? 0) <= maxBytes) {
      return await stored(Readable.fromWeb(body), path, stop);
    }
    await body?.cancel();
    if (ok && !isAsStored) throw new Error('the server sends it with a Content-Encoding');
    return status;
  } catch (error) {
    const { cause = error } = error as Error;
    const step = adviceOn(cause);
    throw new Error(`${shown(url)} cannot be downloaded: ${(cause as Error).message}. ${step ?? ''}`.trim(), { cause });
  }
}
