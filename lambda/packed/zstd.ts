import { constants, createZstdDecompress } from 'node:zlib';
import { ByteStream } from './byte-stream.ts';
import { CHUNK_BYTES, decoded, isZlibError } from './decoder.ts';
import type { Compression, Contents, PackedFile } from './packed-file.ts';
import { corruptData, cutShort, trailingBytes, unsupported } from './refusals.ts';
import { isZstdFrame, isZstdSkippable, ZSTD } from './signatures.ts';

/** RFC 8878, section 3.1.1. */
const MAGIC_BYTES = 4;
const MAX_HEADER_BYTES = 18;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
const BLOCK_HEADER_BYTES = 3;
const MAX_BLOCK_BYTES = 128 * 1024;
const CHECKSUM_BYTES = 4;
const SKIPPABLE_HEADER_BYTES = 8;
const [RLE, RESERVED] = [1, 3];
/** What zstd decodes without --long: the window of its highest level, 128 MiB. */
const MAX_WINDOW_LOG = 27;

export const zstd: Compression = {
  name: 'zst',
  title: ZSTD,
  bytesPerSecond: 300e6,
  matches: (head) => isZstdFrame(head) || isZstdSkippable(head),
  async open(file): Promise<Contents> {
    const expectedBytes = await firstContentSize(file);
    return { bytes: unpacked(file), ...(expectedBytes !== undefined && { expectedBytes }) };
  },
};

/** pzstd writes one skippable frame before each frame. */
const MAX_SKIPPABLE_AHEAD = 8;

/** What the first frame with content says that it holds. */
async function firstContentSize(file: PackedFile): Promise<number | undefined> {
  let offset = 0;
  for (let frames = 0; frames <= MAX_SKIPPABLE_AHEAD && offset < file.size; frames++) {
    const head = await file.read(offset, Math.min(MAX_HEADER_BYTES, file.size - offset));
    if (isZstdFrame(head)) return frameHeader(head).contentBytes;
    if (!isZstdSkippable(head) || head.length < SKIPPABLE_HEADER_BYTES) return undefined;
    offset += SKIPPABLE_HEADER_BYTES + head.readUInt32LE(MAGIC_BYTES);
  }
  return undefined;
}

/**
 * Node's decoder gives the first of several frames only, without an error, and accepts other bytes behind it
 * (nodejs/node#64741). So each frame has a decoder of its own.
 */
async function* unpacked(file: PackedFile): AsyncGenerator<Buffer> {
  const stream = new ByteStream(file.open(0, file.size));
  try {
    for (let head = await stream.peek(MAX_HEADER_BYTES); head.length > 0; head = await stream.peek(MAX_HEADER_BYTES)) {
      if (isZstdSkippable(head)) await skipFrame(stream);
      else if (isZstdFrame(head)) yield* unpackedFrame(stream, frameHeader(head));
      else throw head.length < MAGIC_BYTES ? cutOrTrailing(head, stream) : trailingBytes(ZSTD, stream.position);
    }
  } finally {
    await stream.close();
  }
}

/** Fewer than four bytes: the start of a frame that is missing, or of something else. */
const cutOrTrailing = (head: Buffer, stream: ByteStream) =>
  Buffer.of(0x28, 0xb5, 0x2f, 0xfd).subarray(0, head.length).equals(head)
    ? cutShort(ZSTD)
    : trailingBytes(ZSTD, stream.position);

async function skipFrame(stream: ByteStream): Promise<void> {
  const header = await exactly(stream, SKIPPABLE_HEADER_BYTES);
  const length = header.readUInt32LE(MAGIC_BYTES);
  if ((await stream.skip(length)) < length) throw cutShort(ZSTD);
}

async function* unpackedFrame(stream: ByteStream, header: FrameHeader): AsyncGenerator<Buffer> {
  const params = { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG };
  let count = 0;
  try {
    for await (const piece of decoded(
      frame(stream, header),
      createZstdDecompress({ chunkSize: CHUNK_BYTES, params }),
    )) {
      count += piece.length;
      yield piece;
    }
  } catch (error) {
    throw refusal(error);
  }
  if (header.contentBytes !== undefined && count !== header.contentBytes) {
    throw corruptData(ZSTD, `a frame gives ${count} bytes instead of ${header.contentBytes}`);
  }
}

/** The bytes of one frame: its header, its blocks, and its checksum. */
async function* frame(stream: ByteStream, { headerBytes, hasChecksum }: FrameHeader): AsyncGenerator<Buffer> {
  yield await exactly(stream, headerBytes);
  for (let isLast = false; !isLast; ) {
    const header = await stream.peek(BLOCK_HEADER_BYTES);
    if (header.length < BLOCK_HEADER_BYTES) throw cutShort(ZSTD);
    const word = header.readUIntLE(0, BLOCK_HEADER_BYTES);
    const [type, size] = [(word >> 1) & 3, word >> 3];
    if (type === RESERVED || size > MAX_BLOCK_BYTES) throw corruptData(ZSTD, 'a block has an impossible header');
    isLast = (word & 1) === 1;
    yield await exactly(stream, BLOCK_HEADER_BYTES + (type === RLE ? 1 : size));
  }
  if (hasChecksum) yield await exactly(stream, CHECKSUM_BYTES);
}

async function exactly(stream: ByteStream, length: number): Promise<Buffer> {
  const bytes = await stream.take(length);
  if (bytes.length < length) throw cutShort(ZSTD);
  return bytes;
}

interface FrameHeader {
  readonly headerBytes: number;
  readonly hasChecksum: boolean;
  /** Bytes that come out of the frame; absent where the packer read from a pipe. */
  readonly contentBytes?: number;
}

/** @throws ImageDropError `truncated`, or `unsupported-variant` of a frame that needs a dictionary */
function frameHeader(head: Buffer): FrameHeader {
  const descriptor = head[MAGIC_BYTES] ?? 0;
  const isSingleSegment = (descriptor & 32) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : (CONTENT_SIZE_BYTES[sizeFlag] ?? 0);
  const dictionaryBytes = DICTIONARY_ID_BYTES[descriptor & 3] ?? 0;
  const dictionaryAt = MAGIC_BYTES + 1 + (isSingleSegment ? 0 : 1);
  const headerBytes = dictionaryAt + dictionaryBytes + sizeBytes;
  if (head.length < headerBytes) throw cutShort(ZSTD);
  if (dictionaryBytes > 0 && head.readUIntLE(dictionaryAt, dictionaryBytes) !== 0) {
    throw unsupported('The file is a Zstandard file that needs a dictionary, which is not in the file.');
  }
  const contentBytes = contentSize(head.subarray(dictionaryAt + dictionaryBytes, headerBytes));
  return { headerBytes, hasChecksum: (descriptor & 4) !== 0, ...(contentBytes !== undefined && { contentBytes }) };
}

/** Section 3.1.1.1.4: two bytes begin to count at 256. */
function contentSize(field: Buffer): number | undefined {
  if (field.length === 0) return undefined;
  if (field.length === 8) return Number(field.readBigUInt64LE(0));
  return field.readUIntLE(0, field.length) + (field.length === 2 ? 256 : 0);
}

function refusal(error: unknown): unknown {
  if (!isZlibError(error)) return error;
  if (error.code === 'ZSTD_error_frameParameter_windowTooLarge') {
    return unsupported('The file is a Zstandard file with a window of more than 128 MiB (`zstd --long`).');
  }
  return corruptData(ZSTD, `its data cannot be unpacked (${error.message})`, error);
}
