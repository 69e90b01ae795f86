import { crc32 } from 'node:zlib';
import type { PackedFile } from './packed-file.ts';
import { corruptData, cutShort, trailingBytes, unsupported } from './refusals.ts';
import { XZ } from './signatures.ts';

/** The .xz file format 1.2.1, section 2.1. */
export const STREAM_HEADER_BYTES = 12;
const STREAM_FOOTER_BYTES = 12;
const HEADER_MAGIC = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
const FOOTER_MAGIC = 'YZ';
export const SHA256_CHECK = 10;
/** Bytes of each check that can be verified: none, CRC32, CRC64 and SHA-256 (section 2.1.1.2). */
const CHECK_BYTES: ReadonlyMap<number, number> = new Map([
  [0, 0],
  [1, 4],
  [4, 8],
  [SHA256_CHECK, 32],
]);
/** More than 500,000 blocks. xz and pixz write one for 24 MiB or more. */
const MAX_INDEX_BYTES = 4 * 1024 * 1024;
/** `cat` makes a few; each costs a read. */
const MAX_STREAMS = 1000;
/** Indexes and footers of most files with several streams are read at once. */
const TAIL_BYTES = 64 * 1024;

export interface XzBlock {
  /** Bytes in the file, with header and check. */
  readonly unpaddedBytes: number;
  /** Likewise, with padding to a multiple of four. */
  readonly bytes: number;
  readonly uncompressedBytes: number;
}

export interface XzStream {
  /** Where its header begins in the file. */
  readonly offset: number;
  /** Bytes with header and footer. */
  readonly bytes: number;
  /** Of the data in each block; section 2.1.1.2. */
  readonly check: number;
  readonly checkBytes: number;
  readonly blocks: readonly XzBlock[];
}

/**
 * The streams of the file, in their order, found from its end by their indexes (sections 2.1.2, 2.2 and 4).
 * @throws ImageDropError `truncated`, `trailing-bytes`, `corrupt-data`, `unsupported-variant`
 */
export async function xzStreams(file: PackedFile): Promise<XzStream[]> {
  const read = readerOfTail(file);
  const streams: XzStream[] = [];
  for (let end = await endOfData(file.size, read); end > 0; end = await endOfData(streams[0]?.offset ?? 0, read)) {
    if (streams.length === MAX_STREAMS) throw unsupported(`The file is ${XZ} of more than ${MAX_STREAMS} streams.`);
    const stream = await streamBefore(end, read);
    if (stream === undefined)
      throw streams.length === 0 ? await noFooter(file.size, read) : damaged('a stream ends early');
    streams.unshift(stream);
  }
  if (streams.length === 0) throw cutShort(XZ);
  return streams;
}

type Read = PackedFile['read'];

const damaged = (reason: string) => corruptData(XZ, reason);

/** Keeps the last bytes that were read, since the streams are found backwards. */
function readerOfTail(file: PackedFile): Read {
  let kept: { offset: number; bytes: Buffer } = { offset: file.size, bytes: Buffer.alloc(0) };
  return async (offset, length) => {
    if (offset < kept.offset || offset + length > kept.offset + kept.bytes.length) {
      const start = Math.max(0, Math.min(offset, offset + length - TAIL_BYTES));
      kept = { offset: start, bytes: await file.read(start, offset + length - start) };
    }
    return kept.bytes.subarray(offset - kept.offset, offset - kept.offset + length);
  };
}

/** Section 2.2: four, eight, twelve … zeros may follow each stream. */
async function endOfData(size: number, read: Read): Promise<number> {
  for (let end = size; end > 0; end -= 4) {
    if (end < 4 || (await read(end - 4, 4)).readUInt32LE(0) !== 0) return end;
  }
  return 0;
}

interface Footer {
  readonly indexBytes: number;
  readonly flags: number;
}

/** @returns undefined where there is none */
function footerOf(bytes: Buffer): Footer | undefined {
  const isFooter =
    bytes.toString('latin1', 10) === FOOTER_MAGIC && bytes.readUInt32LE(0) === crc32(bytes.subarray(4, 10));
  return isFooter ? { indexBytes: (bytes.readUInt32LE(4) + 1) * 4, flags: bytes.readUInt16BE(8) } : undefined;
}

/** @returns undefined where no stream ends there */
async function streamBefore(end: number, read: Read): Promise<XzStream | undefined> {
  const footerAt = end - STREAM_FOOTER_BYTES;
  if (footerAt < STREAM_HEADER_BYTES) return undefined;
  const footer = footerOf(await read(footerAt, STREAM_FOOTER_BYTES));
  if (footer === undefined) return undefined;
  const { indexBytes, flags } = footer;
  const indexAt = footerAt - indexBytes;
  if (indexBytes > MAX_INDEX_BYTES) throw unsupported(`The file is ${XZ} with an index of ${indexBytes} bytes.`);
  if (indexAt < STREAM_HEADER_BYTES) throw damaged('its index begins before the file');
  const blocks = blocksOf(await read(indexAt, indexBytes));
  const offset = blocks.reduce((place, { bytes }) => place - bytes, indexAt) - STREAM_HEADER_BYTES;
  if (offset < 0) throw damaged('its index names more bytes than the file has');
  refuseOtherHeader(await read(offset, STREAM_HEADER_BYTES), flags);
  const checkBytes = CHECK_BYTES.get(flags);
  if (checkBytes === undefined) throw unsupported(`The file is ${XZ} with the unknown check ${flags}.`);
  return { offset, bytes: end - offset, check: flags, checkBytes, blocks };
}

/** Section 2.1.1. */
function refuseOtherHeader(header: Buffer, flags: number): void {
  const isHeader = header.subarray(0, 6).equals(HEADER_MAGIC);
  const isSound = header.readUInt32LE(8) === crc32(header.subarray(6, 8)) && header.readUInt16BE(6) === flags;
  if (!isHeader || !isSound) throw damaged('the header of a stream does not match its footer');
}

/** Section 4: an indicator, the number of records, the records, padding and a CRC32. */
function blocksOf(index: Buffer): XzBlock[] {
  const crcAt = index.length - 4;
  if (index[0] !== 0 || index.readUInt32LE(crcAt) !== crc32(index.subarray(0, crcAt))) {
    throw damaged('its index has a wrong checksum');
  }
  const numbers = numbersIn(index.subarray(1, crcAt));
  const count = numbers.next();
  return Array.from({ length: Math.min(count, index.length) }, () => {
    const unpaddedBytes = numbers.next();
    return { unpaddedBytes, bytes: Math.ceil(unpaddedBytes / 4) * 4, uncompressedBytes: numbers.next() };
  });
}

/** Section 1.2: seven bits a byte, the lowest first; the eighth bit says that another byte follows. */
export function numbersIn(bytes: Buffer): { next(): number } {
  let place = 0;
  return {
    next() {
      let value = 0;
      for (let power = 1; ; power *= 128) {
        const byte = bytes[place++];
        if (byte === undefined || power > 2 ** 49) throw damaged('a number in it is not whole');
        value += (byte & 127) * power;
        if (byte < 128) return value;
      }
    },
  };
}

/** Whether the end is missing, or other bytes follow: a footer somewhere in the last bytes tells. */
async function noFooter(size: number, read: Read): Promise<Error> {
  const start = Math.max(0, size - TAIL_BYTES);
  const tail = await read(start, size - start);
  for (let at = tail.lastIndexOf(FOOTER_MAGIC, undefined, 'latin1'); at >= 10; at = previous(tail, at)) {
    if (footerOf(tail.subarray(at - 10, at + 2)) !== undefined) return trailingBytes(XZ, start + at + 2);
  }
  return cutShort(XZ);
}

const previous = (tail: Buffer, at: number): number => tail.lastIndexOf(FOOTER_MAGIC, at - 1, 'latin1');
