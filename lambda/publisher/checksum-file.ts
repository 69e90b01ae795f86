/**
 * Files in which publishers list the checksums of their images: GNU style (`hex  name`, `hex *name`), BSD style
 * (`SHA256 (name) = hex`), and a lone hash in a file beside its image. Anything else in a file refuses the whole file: a
 * saved error page must not pass for a list that does not name the image.
 */
import { ImageDropError } from '../model/errors.ts';
import { HASH_ALGORITHMS, type HashAlgorithm } from '../model/image.ts';
import { baseName, imageOfChecksum, signedKey } from '../model/metadata-keys.ts';
import { excerpt } from '../model/quoted.ts';

/** Debian's list of a day has 12 KB. */
export const MAX_CHECKSUM_FILE_BYTES = 262_144;

export interface ChecksumFile {
  /** The key, or the path. */
  readonly name: string;
  /** Bytes of the whole. */
  readonly size: number;
  /** Absent where there are more than MAX_CHECKSUM_FILE_BYTES. */
  readonly bytes?: Buffer;
  /** Why it could not be read. */
  readonly unread?: string;
}

export interface ListedChecksum {
  /** Of the file that it is about, without a folder. */
  readonly name: string;
  readonly algorithm: HashAlgorithm;
  /** Hex, in lower case. */
  readonly value: string;
}

/** Hex digits of each algorithm that publishers use; those that are not compared are passed over. */
const ALGORITHM_OF: Readonly<Record<number, string>> = {
  32: 'md5',
  40: 'sha1',
  56: 'sha224',
  64: 'sha256',
  96: 'sha384',
  128: 'sha512',
};

/**
 * Reads a checksum file.
 * @throws `bad-metadata` where it is none, with the line, or could not be read
 */
export function checksumsIn(file: ChecksumFile): readonly ListedChecksum[] {
  const lines = signedText(textOf(file), file).split('\n');
  const listed = lines.flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const found = gnuLine(line) ?? bsdLine(line) ?? loneHash(line, file);
    if (found === undefined) throw noChecksumFile(file, `${excerpt(line)} in line ${index + 1} is not a checksum`);
    return [found];
  });
  if (listed.length === 0) throw noChecksumFile(file, 'it has no checksum');
  return listed.flatMap(({ name, algorithm, value }) => {
    const known = HASH_ALGORITHMS.find((each) => each === algorithm);
    return known === undefined
      ? []
      : [{ name: name.replace(/^\.\//, ''), algorithm: known, value: value.toLowerCase() }];
  });
}

type Line = Readonly<Record<'name' | 'algorithm' | 'value', string>>;

/** GNU coreutils manual, "md5sum invocation": a backslash in front says that the name has escapes. */
function gnuLine(line: string): Line | undefined {
  const [, escaped = '', value = '', name = ''] = /^(\\?)([0-9a-f]+) [ *](.+)$/i.exec(line) ?? [];
  const { [value.length]: algorithm } = ALGORITHM_OF;
  if (algorithm === undefined) return undefined;
  const plain = name.replace(/\\(.)/g, (_, letter: string) => ({ n: '\n', r: '\r' })[letter] ?? letter);
  return { name: escaped === '' ? name : plain, algorithm, value };
}

function bsdLine(line: string): Line | undefined {
  const [, title = '', name = '', value = ''] = /^([A-Z][\w/-]*) ?\((.+)\) ?= ?([0-9a-f]{32,})$/i.exec(line) ?? [];
  const algorithm = title.toLowerCase();
  const isWhole = HASH_ALGORITHMS.every((each) => each !== algorithm) || ALGORITHM_OF[value.length] === algorithm;
  return value === '' || !isWhole ? undefined : { name, algorithm, value };
}

function loneHash(line: string, file: ChecksumFile): Line | undefined {
  const image = imageOfChecksum(file.name);
  const value = line.trim();
  const { [value.length]: algorithm } = ALGORITHM_OF;
  if (image === undefined || algorithm === undefined || !/^[0-9a-f]+$/i.test(value)) return undefined;
  return { name: baseName(image), algorithm, value };
}

const ARMOR = '-----BEGIN PGP ';
const CLEARSIGNED = '-----BEGIN PGP SIGNED MESSAGE-----';

export const isClearsigned = (bytes: Buffer | undefined): boolean => bytes?.includes(CLEARSIGNED) === true;

/** Whether a file may list checksums: a clearsigned one may have the name of a signature. */
export const isList = ({ name, bytes }: ChecksumFile): boolean => signedKey(name) === undefined || isClearsigned(bytes);

/** RFC 9580 section 7, "Cleartext Signature Framework": of such a file only the signed text counts. */
function signedText(text: string, file: ChecksumFile): string {
  if (!text.includes(ARMOR)) return text;
  const signed = firstSigned(`\n${text}\n`);
  // Within the signed text each line that begins with a dash is escaped.
  if (signed === undefined || /^-(?! )/m.test(signed)) throw noChecksumFile(file, 'its signed part is not complete');
  return signed.replaceAll(/^- /gm, '');
}

/** Found step by step: one pattern for all of it would take minutes for a hostile file. */
function firstSigned(text: string): string | undefined {
  const begins = `\n${CLEARSIGNED}\n`;
  const begin = text.indexOf(begins);
  if (begin < 0) return undefined;
  // An empty line ends the headers. There may be none.
  const headers = begin + begins.length;
  const headersEnd = text.indexOf('\n\n', headers - 1);
  const end = text.indexOf('\n-----BEGIN PGP SIGNATURE-----\n', headersEnd);
  if (headersEnd < 0 || end < headersEnd + 2 || !text.includes('\n-----END PGP SIGNATURE-----\n', end))
    return undefined;
  const isHeader = (line: string) => /^\w+: /.test(line);
  const isRight = text.slice(headers, headersEnd).split('\n').filter(Boolean).every(isHeader);
  return isRight ? text.slice(headersEnd + 2, end) : undefined;
}

function textOf(file: ChecksumFile): string {
  const { bytes, size, unread } = file;
  if (unread !== undefined) throw new ImageDropError('bad-metadata', unread);
  if (bytes === undefined) {
    throw noChecksumFile(file, `it has ${size} bytes, and ${MAX_CHECKSUM_FILE_BYTES} is the most that is read`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n');
  } catch {
    throw noChecksumFile(file, 'it is not text in UTF-8');
  }
}

function noChecksumFile({ name }: ChecksumFile, why: string): ImageDropError {
  const nextStep = `Download ${baseName(name)} again from the publisher of the image.`;
  return new ImageDropError('bad-metadata', `${name} is not a checksum file: ${why}.`, { nextStep });
}
