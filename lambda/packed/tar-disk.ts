import type { Appliance } from '../model/image.ts';
import type { RecordedManifest } from '../model/record.ts';
import { DiskSearch } from './disk-signs.ts';
import { digestOf, type ManifestFile } from './manifest.ts';
import { applianceOf, type Ovf, readOvf, requireStored } from './ovf.ts';
import { HEAD_BYTES, type PackedFile } from './packed-file.ts';
import { unsupported } from './refusals.ts';
import { TAR, type TarInput, type TarMember, tarMembers } from './tar.ts';
import { XmlError } from './xml.ts';

/** A file that is read by ranges. */
export type RangedFile = Pick<PackedFile, 'size' | 'read'>;

export interface TarOptions {
  /** Files that are looked at; all by default. */
  readonly maxFiles?: number;
  /** The name of the disk image, where the archive may have several. */
  readonly member?: string | undefined;
}

/** The disk image in a tar archive. */
export interface TarDisk extends TarMember {
  /** What a manifest in the archive states of it. */
  readonly manifest?: RecordedManifest;
  /** What the OVF descriptor in the archive says of it. */
  readonly appliance?: Appliance;
  /** Why a descriptor is not used. */
  readonly warnings?: readonly string[];
}

/**
 * Finds the one disk image in a plain tar archive or OVA by ranged reads: it is a range of the file.
 * @returns undefined where the archive has more files than are looked at
 * @throws ImageDropError with the reason for which the archive is refused
 */
export async function diskInTar(
  file: RangedFile,
  { maxFiles = Number.POSITIVE_INFINITY, member: chosen }: TarOptions = {},
): Promise<TarDisk | undefined> {
  const search = new DiskSearch<TarMember>(TAR, chosen);
  const windowed = readAhead(file);
  const manifests: ManifestFile[] = [];
  const descriptors: Descriptor[] = [];
  let files = 0;
  for await (const member of tarMembers(rangedInput(windowed))) {
    files += 1;
    if (files > maxFiles) return undefined;
    const headBytes = Math.max(0, Math.min(HEAD_BYTES, member.size, file.size - member.offset));
    search.isDisk(member, headBytes === 0 ? Buffer.alloc(0) : await windowed.read(member.offset, headBytes));
    if (MANIFEST.test(member.name)) manifests.push(await manifestFile(member, windowed));
    if (DESCRIPTOR.test(member.name)) descriptors.push(await descriptorIn(member, windowed));
  }
  const [{ ovf, warning } = {}] = descriptors.length > 1 ? [TWO_DESCRIPTORS] : descriptors;
  if (ovf !== undefined) requireStored(ovf, chosen);
  const disk = search.theOne();
  const manifest = digestOf(disk.name, manifests);
  return {
    ...disk,
    ...(manifest !== undefined && { manifest }),
    ...(ovf !== undefined && { appliance: applianceOf(ovf, disk.name) }),
    ...(warning !== undefined && { warnings: [warning] }),
  };
}

const DESCRIPTOR = /\.ovf$/i;
const MAX_DESCRIPTOR_BYTES = 1024 * 1024;

interface Descriptor {
  readonly ovf?: Ovf;
  readonly warning?: string;
}

const TWO_DESCRIPTORS: Descriptor = { warning: 'The archive has several OVF descriptors; none of them is used.' };

/** What a descriptor says is welcome, and nothing depends on it: one that cannot be read costs a warning. */
async function descriptorIn({ name, offset, size }: TarMember, file: RangedFile): Promise<Descriptor> {
  const unused = (reason: string) => ({ warning: `The OVF descriptor ${name} is not used: ${reason}.` });
  if (size > MAX_DESCRIPTOR_BYTES) return unused(`it has ${size} bytes, and the limit is ${MAX_DESCRIPTOR_BYTES}`);
  const text = await textAt(offset, size, file);
  try {
    return { ovf: readOvf(name, text) };
  } catch (error) {
    if (error instanceof XmlError) return unused(error.message);
    throw error;
  }
}

const MANIFEST = /\.mf$/i;
/** A manifest has a line for each file. */
const MAX_MANIFEST_BYTES = 1024 * 1024;

/** @throws ImageDropError `unsupported-variant`: a manifest that is not read cannot be compared with the disk */
async function manifestFile({ name, offset, size }: TarMember, file: RangedFile): Promise<ManifestFile> {
  if (size > MAX_MANIFEST_BYTES) {
    throw unsupported(`The manifest ${name} has ${size} bytes; the limit is ${MAX_MANIFEST_BYTES}.`);
  }
  return { name, text: await textAt(offset, size, file) };
}

/** The caller has found that the file is not longer than the archive. */
async function textAt(offset: number, size: number, file: RangedFile): Promise<string> {
  const length = Math.max(0, Math.min(size, file.size - offset));
  return length === 0 ? '' : (await file.read(offset, length)).toString('utf8');
}

/** One read for the small files at the start of an OVA, the header of its disk, and the first bytes of the disk. */
const WINDOW_BYTES = 2 * HEAD_BYTES;

function readAhead(file: RangedFile): RangedFile {
  let window: { readonly start: number; readonly bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) };
  return {
    size: file.size,
    async read(offset, length) {
      if (offset < window.start || offset + length > window.start + window.bytes.length) {
        const wanted = Math.min(Math.max(length, WINDOW_BYTES), file.size - offset);
        window = { start: offset, bytes: await file.read(offset, wanted) };
      }
      return window.bytes.subarray(offset - window.start, offset - window.start + length);
    },
  };
}

function rangedInput(file: RangedFile): TarInput {
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
