import { ByteStream } from './byte-stream.ts';
import { bzip2 } from './bzip2.ts';
import { isDisk } from './disk-signs.ts';
import { gzip } from './gzip.ts';
import { type Compression, type Contents, HEAD_BYTES, type PackedFile, startsWith } from './packed-file.ts';
import { noImageInside, packedTwice, severalImages, tooLarge } from './refusals.ts';
import { isZip } from './signatures.ts';
import { isTarHeader, TAR, type TarInput, type TarMember, tarMembers } from './tar.ts';
import { xz } from './xz.ts';
import { canBeUnpacked, openEntry, ZIP, type ZipEntry, zipEntries } from './zip.ts';
import { zstd } from './zstd.ts';

/** All formats of one compressed file. */
export const COMPRESSIONS: readonly Compression[] = [gzip, xz, zstd, bzip2];

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
}

export interface UnpackLimits {
  /** Bytes of the disk image inside. */
  readonly maxBytes: number;
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
  { maxBytes }: UnpackLimits,
): Promise<Unpacked> {
  const { expectedBytes, bytes } = await open(file);
  const stream = new ByteStream(bytes);
  try {
    const head = await stream.peek(HEAD_BYTES);
    const leastSeconds = file.size / bytesPerSecond;
    const close = () => stream.close();
    if (isTarHeader(head)) return { ...openTarStream(stream, maxBytes), format: `tar.${name}`, leastSeconds, close };
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

/** Formats that are recognised but not unpacked. */
const OTHER_LAYERS: readonly (readonly [title: string, signature: readonly number[]])[] = [
  ['a 7z file', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ['an lz4 file', [0x04, 0x22, 0x4d, 0x18]],
  ['an lzip file', [0x4c, 0x5a, 0x49, 0x50, 0x01]],
  ['an lzop file', [0x89, 0x4c, 0x5a, 0x4f, 0x00]],
  ['a RAR file', [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]],
];

/** @returns what the bytes are packed as, with its article */
function layerOf(head: Buffer): string | undefined {
  const compression = COMPRESSIONS.find((each) => each.matches(head))?.title;
  const archive = isZip(head) ? ZIP : isTarHeader(head) ? TAR : undefined;
  const [other] = OTHER_LAYERS.find(([, signature]) => startsWith(head, ...signature)) ?? [];
  return compression ?? archive ?? other;
}

/** Finds the one disk image among the files of an archive. */
class DiskSearch<T extends { readonly name: string }> {
  readonly #archive: string;
  readonly #names: string[] = [];
  readonly #disks: T[] = [];
  #layer: string | undefined;

  constructor(archive: string) {
    this.#archive = archive;
  }

  /**
   * @param head the first bytes of the member
   * @returns whether it is the disk image
   * @throws ImageDropError `several-images` of the second one
   */
  isDisk(member: T, head: Buffer): boolean {
    this.#names.push(member.name);
    const layer = layerOf(head);
    if (layer !== undefined) this.#layer ??= `${member.name}, ${layer}`;
    if (layer !== undefined || !isDisk(member.name, head)) return false;
    this.#disks.push(member);
    if (this.#disks.length > 1)
      throw severalImages(
        this.#archive,
        this.#disks.map(({ name }) => name),
      );
    return true;
  }

  /** @throws ImageDropError `packed-twice`, `no-image-inside` */
  theOne(): T {
    const [disk] = this.#disks;
    if (disk !== undefined) return disk;
    throw this.#layer === undefined
      ? noImageInside(this.#archive, this.#names)
      : packedTwice(this.#archive, this.#layer);
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
function openTarStream(stream: ByteStream, maxBytes: number): Pick<Unpacked, 'memberName' | 'bytes'> {
  let name: string | undefined;
  const found = (member: TarMember) => {
    name = member.name;
  };
  return { memberName: () => name, bytes: closing(stream, diskInTar(stream, maxBytes, found)) };
}

async function* diskInTar(
  stream: ByteStream,
  maxBytes: number,
  found: (member: TarMember) => void,
): AsyncGenerator<Buffer> {
  const search = new DiskSearch<TarMember>(TAR);
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
async function openTar(file: PackedFile, { maxBytes }: UnpackLimits): Promise<Unpacked> {
  const search = new DiskSearch<TarMember>(TAR);
  for await (const member of tarMembers(rangedInput(file))) {
    const headBytes = Math.max(0, Math.min(HEAD_BYTES, member.size, file.size - member.offset));
    search.isDisk(member, headBytes === 0 ? Buffer.alloc(0) : await file.read(member.offset, headBytes));
  }
  const { name, offset, size } = search.theOne();
  if (size > maxBytes) throw tooLarge(size, maxBytes);
  return {
    format: 'tar',
    leastSeconds: 0,
    close: nothingIsOpen,
    memberName: () => name,
    expectedBytes: size,
    range: { offset, length: size },
    bytes: new ByteStream(file.open(offset, size)).pass(),
  };
}

function rangedInput(file: PackedFile): TarInput {
  let position = 0;
  const advance = (length: number): number => {
    const bytes = Math.max(0, Math.min(length, file.size - position));
    position += bytes;
    return bytes;
  };
  return {
    get position() {
      return position;
    },
    async take(length) {
      const start = position;
      const bytes = advance(length);
      return bytes === 0 ? Buffer.alloc(0) : file.read(start, bytes);
    },
    skip: async (length) => advance(length),
  };
}

async function openZip(file: PackedFile, { maxBytes }: UnpackLimits): Promise<Unpacked> {
  const search = new DiskSearch<ZipEntry>(ZIP);
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
