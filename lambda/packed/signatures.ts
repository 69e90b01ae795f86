/** How packed files begin. No decoder is imported here: most functions only need to know that a file is packed. */
import { startsWith } from './packed-file.ts';
import { isTarHeader, TAR } from './tar.ts';

/** RFC 1952, section 2.3.1. */
export const isGzip = (head: Buffer): boolean => startsWith(head, 0x1f, 0x8b, 0x08);

/** The .xz file format 1.2.1, section 2.1.1.1. */
export const isXz = (head: Buffer): boolean => startsWith(head, 0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00);

/** RFC 8878, section 3.1.1. */
export const isZstdFrame = (head: Buffer): boolean => startsWith(head, 0x28, 0xb5, 0x2f, 0xfd);

const ZSTD_MAGIC_BYTES = 4;
/** Section 3.1.2: sixteen numbers mark frames that decoders skip; pzstd begins files with one. */
export const isZstdSkippable = (head: Buffer): boolean =>
  head.length >= ZSTD_MAGIC_BYTES && (head.readUInt32LE(0) & 0xfffffff0) >>> 0 === 0x184d2a50;

/** bzip2 1.0.8, decompress.c: the header, then the number of the first block or of the end. */
export const isBzip2 = (head: Buffer): boolean =>
  /^BZh[1-9]$/.test(head.toString('latin1', 0, 4)) &&
  ['314159265359', '177245385090'].includes(head.toString('hex', 4, 10));

/** APPNOTE.TXT 6.3.10: a file, an empty archive, or one in several parts. */
export const isZip = (head: Buffer): boolean =>
  startsWith(head, 0x50, 0x4b, 3, 4) || startsWith(head, 0x50, 0x4b, 5, 6) || startsWith(head, 0x50, 0x4b, 7, 8);

export const GZIP = 'a gzip file';
export const XZ = 'an xz file';
export const ZSTD = 'a Zstandard file';
export const BZIP2 = 'a bzip2 file';
export const ZIP = 'a zip file';

type Layer = readonly [title: string, matches: (head: Buffer) => boolean];

const LAYERS: readonly Layer[] = [
  [GZIP, isGzip],
  [XZ, isXz],
  [ZSTD, (head) => isZstdFrame(head) || isZstdSkippable(head)],
  [BZIP2, isBzip2],
  [ZIP, isZip],
  [TAR, isTarHeader],
];

/** Recognised, but not unpacked. */
const OTHER_LAYERS: readonly Layer[] = [
  ['a 7z file', (head) => startsWith(head, 0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c)],
  ['an lz4 file', (head) => startsWith(head, 0x04, 0x22, 0x4d, 0x18)],
  ['an lzip file', (head) => startsWith(head, 0x4c, 0x5a, 0x49, 0x50, 0x01)],
  ['an lzop file', (head) => startsWith(head, 0x89, 0x4c, 0x5a, 0x4f, 0x00)],
  ['a RAR file', (head) => startsWith(head, 0x52, 0x61, 0x72, 0x21, 0x1a, 0x07)],
];

/** Enough for all signatures: the header of a tar archive. */
export const SIGNATURE_BYTES = 512;

/** Whether a file begins as one that can be unpacked. @param head its first SIGNATURE_BYTES, or all of a shorter file */
export const isPacked = (head: Buffer): boolean => LAYERS.some(([, matches]) => matches(head));

/** @returns what the bytes are packed as, with its article */
export const layerOf = (head: Buffer): string | undefined =>
  [...LAYERS, ...OTHER_LAYERS].find(([, matches]) => matches(head))?.[0];
