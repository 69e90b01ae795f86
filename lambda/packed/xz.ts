import { createHash, type Hash } from 'node:crypto';
import { ReadableStream } from 'node:stream/web';
import { types } from 'node:util';
import { crc32 } from 'node:zlib';
import xzDecompress from 'xz-decompress';
import { ImageDropError } from '../model/errors.ts';
import { ByteStream } from './byte-stream.ts';
import type { Compression, Contents, PackedFile } from './packed-file.ts';
import { corruptData, cutShort, unsupported } from './refusals.ts';
import { isXz, XZ } from './signatures.ts';
import { numbersIn, SHA256_CHECK, STREAM_HEADER_BYTES, type XzBlock, type XzStream, xzStreams } from './xz-index.ts';

/** The dictionary of `xz -9`, and what the decoder allows. The format allows 4 GiB. */
const MAX_DICTIONARY_BYTES = 64 * 1024 * 1024;
/** Section 5.3 of the .xz file format 1.2.1. */
const LZMA2 = 0x21;
const OTHER_FILTERS: Readonly<Record<number, string>> = {
  3: 'Delta',
  4: 'BCJ x86',
  5: 'BCJ PowerPC',
  6: 'BCJ IA-64',
  7: 'BCJ ARM',
  8: 'BCJ ARM Thumb',
  9: 'BCJ SPARC',
  10: 'BCJ ARM64',
  11: 'BCJ RISC-V',
};

export const xz: Compression = {
  name: 'xz',
  title: XZ,
  bytesPerSecond: 110e6,
  matches: isXz,
  async open(file): Promise<Contents> {
    const streams = await xzStreams(file);
    for (const { offset, blocks } of streams) {
      if (blocks.length > 0) await refuseOtherFilters(file, offset + STREAM_HEADER_BYTES);
    }
    const expectedBytes = streams.reduce((sum, { blocks }) => sum + uncompressed(blocks), 0);
    return { expectedBytes, bytes: unpacked(file, streams, expectedBytes) };
  },
};

const uncompressed = (blocks: readonly XzBlock[]): number =>
  blocks.reduce((sum, { uncompressedBytes }) => sum + uncompressedBytes, 0);

/** Looks at the header of a stream's first block (section 3.1): all blocks of a stream are packed alike. */
async function refuseOtherFilters(file: PackedFile, offset: number): Promise<void> {
  const [words = 0] = await file.read(offset, 1);
  const header = await file.read(offset, Math.min((words + 1) * 4, file.size - offset));
  const flags = header[1] ?? 0;
  const numbers = numbersIn(header.subarray(2, header.length - 4));
  for (const sizeIsThere of [flags & 0x40, flags & 0x80]) if (sizeIsThere !== 0) numbers.next();
  const filter = numbers.next();
  if (filter !== LZMA2) {
    throw unsupported(`The file is ${XZ} with the filter ${OTHER_FILTERS[filter] ?? filter}; only LZMA2 is supported.`);
  }
  numbers.next();
  refuseLargeDictionary(numbers.next());
}

/** Section 5.3.1: 4 KiB, 6 KiB, 8 KiB, 12 KiB and so on. */
function refuseLargeDictionary(code: number): void {
  const bytes = (2 | (code & 1)) * 2 ** ((code >> 1) + 11);
  if (bytes > MAX_DICTIONARY_BYTES) throw largeDictionary(`of ${bytes} bytes`);
}

const largeDictionary = (size: string) =>
  unsupported(`The file is ${XZ} with a dictionary ${size}; the limit is ${MAX_DICTIONARY_BYTES} bytes (\`xz -9\`).`);

async function* unpacked(file: PackedFile, streams: readonly XzStream[], expected: number): AsyncGenerator<Buffer> {
  const checks = new Sha256Checks();
  const packed = ReadableStream.from(withoutSha256(file, streams, checks));
  let count = 0;
  try {
    for await (const piece of checks.hashed(new xzDecompress.XzReadableStream(packed), streams)) {
      count += piece.length;
      yield piece;
    }
  } catch (error) {
    throw refusal(error);
  }
  checks.end();
  if (count !== expected) throw corruptData(XZ, `its index names ${expected} bytes and ${count} came out`);
}

/** xz.h of XZ Embedded, enum xz_ret. */
const [MEMORY_LIMIT, OPTIONS] = [4, 6];

function refusal(error: unknown): unknown {
  if (error instanceof ImageDropError || !types.isNativeError(error)) return error;
  const [, code] = /failed with error code (\d+)$/.exec(error.message) ?? [];
  if (code === undefined) return error;
  if (Number(code) === OPTIONS) return unsupported(`The file is ${XZ} with filters in a block that are not supported.`);
  if (Number(code) === MEMORY_LIMIT) return largeDictionary('in a block that is too large');
  return corruptData(XZ, 'its data cannot be unpacked', error);
}

/**
 * The decoder does not know SHA-256. It gets such a stream without the check: a header and an index that say so, and the
 * blocks without their last 32 bytes, which are verified here.
 */
async function* withoutSha256(
  file: PackedFile,
  streams: readonly XzStream[],
  checks: Sha256Checks,
): AsyncGenerator<Uint8Array> {
  for (const stream of streams) {
    if (stream.check === SHA256_CHECK) yield* streamWithoutCheck(file, stream, checks);
    else yield* file.open(stream.offset, stream.bytes);
  }
}

async function* streamWithoutCheck(
  file: PackedFile,
  { offset, bytes, blocks, checkBytes }: XzStream,
  checks: Sha256Checks,
): AsyncGenerator<Uint8Array> {
  const stream = new ByteStream(file.open(offset, bytes));
  try {
    yield streamHeader(await stream.take(STREAM_HEADER_BYTES));
    for (const block of blocks) {
      yield* stream.pass(block.bytes - checkBytes);
      const check = await stream.take(checkBytes);
      if (check.length < checkBytes) throw cutShort(XZ);
      checks.expect(check);
    }
    const index = indexOf(blocks, checkBytes);
    yield index;
    yield streamFooter(index.length);
  } finally {
    await stream.close();
  }
}

const NO_CHECK = Buffer.from([0, 0]);

const streamHeader = (header: Buffer): Buffer => Buffer.concat([header.subarray(0, 6), NO_CHECK, crcOf(NO_CHECK)]);

function streamFooter(indexBytes: number): Buffer {
  const fields = Buffer.concat([Buffer.alloc(4), NO_CHECK]);
  fields.writeUInt32LE(indexBytes / 4 - 1);
  return Buffer.concat([crcOf(fields), fields, Buffer.from('YZ')]);
}

function indexOf(blocks: readonly XzBlock[], checkBytes: number): Buffer {
  const records = blocks.flatMap(({ unpaddedBytes, uncompressedBytes }) => [
    number(unpaddedBytes - checkBytes),
    number(uncompressedBytes),
  ]);
  const content = Buffer.concat([Buffer.alloc(1), number(blocks.length), ...records]);
  const padded = Buffer.concat([content, Buffer.alloc(-content.length & 3)]);
  return Buffer.concat([padded, crcOf(padded)]);
}

function number(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; bytes.length === 0 || rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
  }
  return Buffer.from(bytes);
}

function crcOf(bytes: Buffer): Buffer {
  const crc = Buffer.alloc(4);
  crc.writeUInt32LE(crc32(bytes));
  return crc;
}

/** Compares the SHA-256 of blocks as they come out with the ones that stand behind them. Either can be there first. */
class Sha256Checks {
  readonly #expected: string[] = [];
  readonly #found: string[] = [];

  expect(digest: Buffer): void {
    this.#expected.push(digest.toString('hex'));
    this.#compare();
  }

  async *hashed(bytes: AsyncIterable<Uint8Array>, streams: readonly XzStream[]): AsyncGenerator<Buffer> {
    const blocks = streams.flatMap((stream) => stream.blocks.map((block) => ({ ...block, check: stream.check })));
    const stream = new ByteStream(bytes);
    try {
      for (const { uncompressedBytes, check } of blocks) {
        const hash = check === SHA256_CHECK ? createHash('sha256') : undefined;
        yield* passedTo(hash, stream.pass(uncompressedBytes));
        if (hash !== undefined) this.#found.push(hash.digest('hex'));
        this.#compare();
      }
      // Reads to the end, so that the decoder sees the index and the footer.
      yield* stream.pass();
    } finally {
      // The library has one decoder for all streams: the next one waits for the end of this one.
      await stream.close();
    }
  }

  /** @throws ImageDropError `corrupt-data` where one of them is missing */
  end(): void {
    if (this.#expected.length !== this.#found.length) throw corruptData(XZ, 'a SHA-256 check is missing');
  }

  #compare(): void {
    while (this.#expected.length > 0 && this.#found.length > 0) {
      if (this.#expected.shift() !== this.#found.shift()) throw corruptData(XZ, 'a block has another SHA-256');
    }
  }
}

async function* passedTo(hash: Hash | undefined, bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of bytes) {
    hash?.update(piece);
    yield piece;
  }
}
