import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type ErrorCode, ImageDropError } from '../../lambda/model/errors.ts';
import { withoutPackedEnding } from '../../lambda/model/new-image.ts';
import type { RecordedManifest } from '../../lambda/model/record.ts';
import type { PackedFile } from '../../lambda/packed/packed-file.ts';
import { openPacked, type Unpacked } from '../../lambda/packed/unpack.ts';
import { formatBytes } from '../format-bytes.ts';
import { liveLines } from '../terminal/live-lines.ts';
import { progressLine, TransferMeter } from '../terminal/transfer-meter.ts';
import type { Source } from './source.ts';

/** How the inspected disk image is packed. */
export interface Packed {
  /** As file names end: "xz", "tar.gz", "zip", "tar". */
  readonly format: string;
  readonly unpackedBytes: number;
  /** Its name in the archive. */
  readonly member?: string;
  /** What agreed with the digest of the disk; absent where the archive states none. */
  readonly manifest?: RecordedManifest;
}

/** The disk image inside a packed file, or why there is none. */
export type Inside =
  | { readonly packed: Packed; readonly source: Source; readonly companions: NonNullable<Unpacked['companions']> }
  | { readonly packed?: never; readonly refusal: ImageDropError };

/** The disk of this machine is the limit. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** What an object that cannot be read fails with: that is not a verdict. */
const NOT_READ: readonly ErrorCode[] = ['object-gone', 'object-changed', 'source-unreadable'];

/**
 * Unpacks a packed file into a temporary one: an inspection reads at both ends of the disk image.
 * @param member the file in an archive that the metadata name
 * @returns undefined where the file is not packed
 */
export async function lookInside(source: Source, member: string | undefined): Promise<Inside | undefined> {
  const meter = new TransferMeter(source.reader.size);
  try {
    const unpacked = await openPacked(metered(source, meter), { maxBytes: NO_LIMIT, member });
    if (unpacked === undefined) return undefined;
    const { format, range, manifest } = unpacked;
    if (range !== undefined && manifest !== undefined) await showing(source, meter, 'reading', () => drain(unpacked));
    const inner = range === undefined ? await unpackedSource(source, unpacked, meter) : ranged(source, range);
    const name = unpacked.memberName();
    const found = { ...(name !== undefined && { member: name }), ...(manifest !== undefined && { manifest }) };
    const packed = { format, unpackedBytes: inner.reader.size, ...found };
    return { packed, companions: unpacked.companions ?? {}, source: { ...inner, ...named(source, name) } };
  } catch (error) {
    if (error instanceof ImageDropError && !NOT_READ.includes(error.code)) return { refusal: error };
    throw error;
  }
}

function metered({ reader, open: openRange }: Source, meter: TransferMeter): PackedFile {
  return {
    size: reader.size,
    read: (offset, length) => reader.read(offset, length),
    async *open(offset, length) {
      for await (const piece of openRange(offset, length)) {
        meter.sentBytes += piece.byteLength;
        yield piece;
      }
    },
  };
}

/** For the digest, which is compared at the end. */
async function drain({ bytes }: Unpacked): Promise<void> {
  for await (const _ of bytes);
}

/** The image gets its name by the key, and the disk its format by the file. */
const named = ({ key, fileName }: Source, member: string | undefined): Pick<Source, 'key' | 'fileName'> => ({
  key: withoutPackedEnding(key),
  fileName: member ?? withoutEnding(fileName),
});

/** "debian.qcow2.xz" → "debian.qcow2" */
const withoutEnding = (fileName: string): string => fileName.replace(/\.[^./\\]*$/, '');

function ranged(source: Source, { offset, length }: { offset: number; length: number }): Source {
  const read = (from: number, count: number) => source.reader.read(offset + from, count);
  return { ...source, reader: { size: length, read }, close: async () => {} };
}

async function unpackedSource(source: Source, { bytes }: Unpacked, meter: TransferMeter): Promise<Source> {
  const file = await temporaryFile();
  try {
    const size = await showing(source, meter, 'unpacking', () => write(bytes, file));
    const read = async (offset: number, length: number) =>
      (await file.read(Buffer.alloc(length), 0, length, offset)).buffer;
    return { ...source, reader: { size, read }, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The file has no name any more: the system frees its space, however the command ends. */
async function temporaryFile(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'imagedrop-unpacked-'));
  try {
    return await open(join(folder, 'disk'), 'wx+', 0o600);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Zeros take no room: disk images are mostly empty. */
async function write(bytes: AsyncIterable<Buffer>, file: FileHandle): Promise<number> {
  let size = 0;
  for await (const piece of bytes) {
    const hasContent = piece.some((byte) => byte !== 0);
    if (hasContent) await file.write(piece, 0, piece.length, size);
    size += piece.length;
  }
  await file.truncate(size);
  return size;
}

/** Fast enough to look alive; a log has a sign of life now and then. */
const [TERMINAL_EVERY_MS, PLAIN_EVERY_MS] = [200, 30_000];

async function showing<T>(
  { fileName }: Source,
  meter: TransferMeter,
  doing: string,
  work: () => Promise<T>,
): Promise<T> {
  const name = basename(fileName);
  const out = process.stderr;
  const lines = liveLines(out);
  const show = () => lines.show(name, `${name}  ${progressLine(meter.progress(performance.now() / 1000))}`);
  lines.show(name, `${name}  ${doing} ${formatBytes(meter.totalBytes)}`);
  const timer = setInterval(show, out.isTTY ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
