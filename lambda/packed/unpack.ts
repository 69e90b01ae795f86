import type { RecordedManifest } from '../model/record.ts';
import { ByteStream } from './byte-stream.ts';
import { bzip2 } from './bzip2.ts';
import { DiskSearch } from './disk-signs.ts';
import { gzip } from './gzip.ts';
import { withDigest } from './manifest.ts';
import { type Compression, type Contents, HEAD_BYTES, type PackedFile } from './packed-file.ts';
import { noImageInside, packedTwice, tooLarge } from './refusals.ts';
import { isZip, layerOf, ZIP } from './signatures.ts';
import { isTarHeader, TAR, type TarMember, tarMembers } from './tar.ts';
import { diskInTar, type TarDisk } from './tar-disk.ts';
import { xz } from './xz.ts';
import { canBeUnpacked, openEntry, type ZipEntry, zipEntries } from './zip.ts';
import { zstd } from './zstd.ts';

/** All formats of one compressed file. */
const COMPRESSIONS: readonly Compression[] = [gzip, xz, zstd, bzip2];

/** The disk image inside a packed file. */
export interface Unpacked extends Contents {
  /** How it is packed, as file names end: "xz", "tar.gz", "zip". */
  readonly format: string;
  /** The disk image in an archive. Of a compressed archive it is known once its first byte came out. */
  memberName(): string | undefined;
  /**
   * Releases the decoder where the bytes are not read to their end. A decoder that is left open makes the next file wait:
   * the one of xz exists once.
   */
  close(): Promise<void>;
  /** How long unpacking takes at least. */
  readonly leastSeconds: number;
  /** Where the disk image is in the file, if it needs no unpacking: in a plain tar archive. */
  readonly range?: { readonly offset: number; readonly length: number };
  /** What a manifest in a plain tar archive states of the disk: its bytes fail at their end where they differ. */
  readonly manifest?: RecordedManifest;
  /** What an OVF descriptor in a plain tar archive says of it. */
  readonly companions?: Pick<TarDisk, 'appliance' | 'warnings'>;
}

export interface UnpackLimits {
  /** Bytes of the disk image inside. */
  readonly maxBytes: number;
  /** The name of the disk image in an archive that may have several. */
  readonly member?: string | undefined;
}

/**
 * Opens the one disk image in a packed file. Detection is by content.
 * @returns undefined where the file is not packed in a way that can be unpacked
 * @throws ImageDropError with the reason for which it is refused; so does the stream of its bytes
 */
export async function openPacked(file: PackedFile, limits: UnpackLimits): Promise<Unpacked | undefined> {
  const head = await file.read(0, Math.min(HEAD_BYTES, file.size));
  const compression = COMPRESSIONS.find((each) => each.matches(head));
  if (compression !== undefined) return openCompressed(compression, file, limits);
  if (isZip(head)) return openZip(file, limits);
  return isTarHeader(head) ? openTar(file, limits) : undefined;
}

async function openCompressed(
  { name, title, bytesPerSecond, open }: Compression,
  file: PackedFile,
  limits: UnpackLimits,
): Promise<Unpacked> {
  const { maxBytes } = limits;
  const { expectedBytes, bytes } = await open(file);
  const stream = new ByteStream(bytes);
  try {
    const head = await stream.peek(HEAD_BYTES);
    const leastSeconds = file.size / bytesPerSecond;
    const close = () => stream.close();
    if (isTarHeader(head)) return { ...openTarStream(stream, limits), format: `tar.${name}`, leastSeconds, close };
    const inner = layerOf(head);
    if (inner !== undefined) throw packedTwice(title, inner);
    if (head.length === 0) throw noImageInside(title, []);
    if (expectedBytes !== undefined && expectedBytes > maxBytes) throw tooLarge(expectedBytes, maxBytes);
    const limited = closing(stream, upTo(maxBytes, stream.pass()));
    return {
      format: name,
      leastSeconds,
      close,
      memberName: () => undefined,
      bytes: limited,
      ...(expectedBytes !== undefined && { expectedBytes }),
    };
  } catch (error) {
    await stream.close();
    throw error;
  }
}

/** Nothing is open before the first byte is asked for. */
const nothingIsOpen = async (): Promise<void> => {};

async function* upTo(maxBytes: number, bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let count = 0;
  for await (const piece of bytes) {
    count += piece.length;
    if (count > maxBytes) throw tooLarge(undefined, maxBytes);
    yield piece;
  }
}

async function* closing(stream: ByteStream, bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* bytes;
  } finally {
    await stream.close();
  }
}

/** A stream is read once: which members are disk images is found on the way. */
function openTarStream(stream: ByteStream, limits: UnpackLimits): Pick<Unpacked, 'memberName' | 'bytes'> {
  let name: string | undefined;
  const found = (member: TarMember) => {
    name = member.name;
  };
  return { memberName: () => name, bytes: closing(stream, diskInStream(stream, limits, found)) };
}

async function* diskInStream(
  stream: ByteStream,
  { maxBytes, member: chosen }: UnpackLimits,
  found: (member: TarMember) => void,
): AsyncGenerator<Buffer> {
  const search = new DiskSearch<TarMember>(TAR, chosen);
  for await (const member of tarMembers(stream)) {
    if (!search.isDisk(member, await stream.peek(Math.min(HEAD_BYTES, member.size)))) continue;
    if (member.size > maxBytes) throw tooLarge(member.size, maxBytes);
    found(member);
    yield* stream.pass(member.size);
  }
  search.theOne();
  // Only at its end does the decoder check the last sums.
  await stream.skip();
}

/** By ranged reads: the bytes of the members are not read. */
async function openTar(file: PackedFile, { maxBytes, member }: UnpackLimits): Promise<Unpacked | undefined> {
  const disk = await diskInTar(file, { member });
  if (disk === undefined) return undefined;
  const { name, offset, size, manifest, ...companions } = disk;
  if (size > maxBytes) throw tooLarge(size, maxBytes);
  const bytes = new ByteStream(file.open(offset, size)).pass();
  return {
    format: 'tar',
    companions,
    leastSeconds: 0,
    close: nothingIsOpen,
    memberName: () => name,
    expectedBytes: size,
    range: { offset, length: size },
    bytes: manifest === undefined ? bytes : withDigest(bytes, manifest, name),
    ...(manifest !== undefined && { manifest }),
  };
}

async function openZip(file: PackedFile, { maxBytes, member }: UnpackLimits): Promise<Unpacked> {
  const search = new DiskSearch<ZipEntry>(ZIP, member);
  const entries = await zipEntries(file);
  const areFew = entries.length <= MAX_HEADS;
  for (const entry of entries) search.isDisk(entry, areFew ? await headOf(file, entry) : Buffer.alloc(0));
  const disk = search.theOne();
  if (disk.size > maxBytes) throw tooLarge(disk.size, maxBytes);
  const { bytes } = await openEntry(file, disk);
  const leastSeconds = disk.packedBytes / gzip.bytesPerSecond;
  return {
    format: 'zip',
    memberName: () => disk.name,
    leastSeconds,
    close: nothingIsOpen,
    expectedBytes: disk.size,
    bytes,
  };
}

/** Each costs two requests. In an archive of more files, only the names tell which one is the disk. */
const MAX_HEADS = 100;

/** Nothing of an entry that cannot be unpacked: only the disk matters. */
async function headOf(file: PackedFile, entry: ZipEntry): Promise<Buffer> {
  if (!canBeUnpacked(entry)) return Buffer.alloc(0);
  const stream = new ByteStream((await openEntry(file, entry)).bytes);
  try {
    return await stream.peek(HEAD_BYTES);
  } finally {
    await stream.close();
  }
}
