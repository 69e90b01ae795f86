/// <reference path="./seek-bzip.d.ts" />
import Bunzip from 'seek-bzip';
import { ImageDropError } from '../model/errors.ts';
import { ByteStream } from './byte-stream.ts';
import type { Compression, Contents, PackedFile } from './packed-file.ts';
import { corruptData, cutShort, trailingBytes } from './refusals.ts';
import { BZIP2, isBzip2 } from './signatures.ts';

const HEADER = /^BZh[1-9]$/;
const HEADER_BYTES = 4;
const MAGIC_BITS = 48;
const CRC_BITS = 32;
const BLOCK = '314159265359';
const END = '177245385090';
/** A block of 900,000 symbols of at most 20 bits, with its tables. */
const MAX_BLOCK_BYTES = 2.5 * 1024 * 1024;
/** Whole blocks come out: up to 46 MB of a run, in pieces of this size. */
const PIECE_BYTES = 1024 * 1024;

/** The format has no specification; bzip2 1.0.8, decompress.c. It tells no size. pbzip2 writes many streams. */
export const bzip2: Compression = {
  name: 'bz2',
  title: BZIP2,
  bytesPerSecond: 8e6,
  matches: isBzip2,
  async open(file): Promise<Contents> {
    return { bytes: unpacked(file) };
  },
};

async function* unpacked(file: PackedFile): AsyncGenerator<Buffer> {
  const stream = new ByteStream(file.open(0, file.size));
  try {
    for (let header = await stream.take(HEADER_BYTES); header.length > 0; header = await stream.take(HEADER_BYTES)) {
      if (!HEADER.test(header.toString('latin1'))) throw notAHeader(header, stream.position - header.length);
      yield* unpackedStream(stream, header);
    }
  } finally {
    await stream.close();
  }
}

const notAHeader = (bytes: Buffer, offset: number): ImageDropError =>
  bytes.length < HEADER_BYTES && 'BZh'.startsWith(bytes.toString('latin1'))
    ? cutShort(BZIP2)
    : trailingBytes(BZIP2, offset);

/** The blocks of one stream follow each other without regard to bytes; only the next stream begins at one. */
async function* unpackedStream(stream: ByteStream, header: Buffer): AsyncGenerator<Buffer> {
  let bit = 0;
  let crc = 0;
  for (;;) {
    const bytes = await stream.peek(MAX_BLOCK_BYTES);
    if (magicAt(bytes, bit) === END) {
      await endStream(stream, bytes, bit, crc);
      return;
    }
    if (magicAt(bytes, bit) !== BLOCK) throw wrongPlace(bytes, bit);
    const { pieces, nextBit } = unpackedBlock(header, bytes, bit);
    yield* pieces;
    crc = (((crc << 1) | (crc >>> 31)) ^ bitsAt(bytes, bit + MAGIC_BITS, CRC_BITS)) >>> 0;
    await stream.skip(Math.floor(nextBit / 8));
    bit = nextBit % 8;
  }
}

/** A checksum of the checksums of all blocks ends the stream. */
async function endStream(stream: ByteStream, bytes: Buffer, bit: number, crc: number): Promise<void> {
  const end = Math.ceil((bit + MAGIC_BITS + CRC_BITS) / 8);
  if (bytes.length < end) throw cutShort(BZIP2);
  if (bitsAt(bytes, bit + MAGIC_BITS, CRC_BITS) !== crc) throw corruptData(BZIP2, 'a stream has a wrong checksum');
  await stream.skip(end);
}

const wrongPlace = (bytes: Buffer, bit: number): ImageDropError =>
  bytes.length * 8 < bit + MAGIC_BITS
    ? cutShort(BZIP2)
    : corruptData(BZIP2, 'neither a block nor the end follows a block');

interface Block {
  readonly pieces: readonly Buffer[];
  /** Where the next block begins. */
  readonly nextBit: number;
}

/** The library checks the CRC of the block. */
function unpackedBlock(header: Buffer, bytes: Buffer, bit: number): Block {
  const input = new BlockInput(header, bytes);
  const output = new Pieces();
  try {
    Bunzip.decodeBlock(input, HEADER_BYTES * 8 + bit, output);
  } catch (error) {
    if (error instanceof ImageDropError) throw error;
    throw corruptData(BZIP2, 'a block cannot be unpacked', error);
  }
  return { pieces: output.all(), nextBit: nextMagic(bytes, input.bytesRead) };
}

/** The last bit of the block is in the last byte that was read. */
function nextMagic(bytes: Buffer, bytesRead: number): number {
  const first = (bytesRead - 1) * 8 + 1;
  const bits = Array.from({ length: 8 }, (_, index) => first + index);
  return bits.find((bit) => [BLOCK, END].includes(magicAt(bytes, bit))) ?? first + 7;
}

/** A stream of one block, as the library reads it. */
class BlockInput {
  readonly #header: Buffer;
  readonly #bytes: Buffer;
  #position = 0;

  constructor(header: Buffer, bytes: Buffer) {
    this.#header = header;
    this.#bytes = bytes;
  }

  /** Bytes of the block. */
  get bytesRead(): number {
    return this.#position - HEADER_BYTES;
  }

  readByte(): number {
    const place = this.#position++;
    const byte = place < HEADER_BYTES ? this.#header[place] : this.#bytes[place - HEADER_BYTES];
    if (byte !== undefined) return byte;
    throw this.#bytes.length < MAX_BLOCK_BYTES ? cutShort(BZIP2) : corruptData(BZIP2, 'a block does not end');
  }

  read(buffer: Uint8Array, offset: number, length: number): number {
    for (let index = 0; index < length; index++) buffer[offset + index] = this.readByte();
    return length;
  }

  seek(position: number): void {
    this.#position = position;
  }
}

/** Collects bytes that come one by one. */
class Pieces {
  readonly #full: Buffer[] = [];
  #piece = Buffer.alloc(PIECE_BYTES);
  #filled = 0;

  writeByte(byte: number): void {
    if (this.#filled === PIECE_BYTES) {
      this.#full.push(this.#piece);
      this.#piece = Buffer.alloc(PIECE_BYTES);
      this.#filled = 0;
    }
    this.#piece[this.#filled++] = byte;
  }

  all(): Buffer[] {
    return [...this.#full, this.#piece.subarray(0, this.#filled)];
  }
}

const magicAt = (bytes: Buffer, bit: number): string =>
  bytes.length * 8 < bit + MAGIC_BITS ? '' : bitsAt(bytes, bit, MAGIC_BITS).toString(16).padStart(12, '0');

/** At most 48 bits, the highest first. */
function bitsAt(bytes: Buffer, bit: number, count: number): number {
  let value = 0;
  for (let place = bit; place < bit + count; place++) {
    value = value * 2 + (((bytes[place >> 3] ?? 0) >> (7 - (place & 7))) & 1);
  }
  return value;
}
