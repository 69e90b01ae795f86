import type { Appliance } from '../model/image.ts';
import type { RecordedManifest } from '../model/record.ts';
import { DiskSearch } from './disk-signs.ts';
import { beginsAsManifest, digestOf, type ManifestFile } from './manifest.ts';
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
  const companions = new Companions(readAhead(file));
  let files = 0;
  for await (const member of tarMembers(rangedInput(companions.file))) {
    files += 1;
    if (files > maxFiles) return undefined;
    search.isDisk(member, await companions.bytes(member, HEAD_BYTES));
    await companions.note(member);
  }
  companions.requireStored(chosen);
  const disk = search.theOne();
  return { ...disk, ...companions.about(disk.name) };
}

const MANIFEST = /\.mf$/i;
const DESCRIPTOR = /\.ovf$/i;
const HEAD_OF_MANIFEST_BYTES = 512;
/** A manifest has a line for each file, a descriptor some tens of KiB. */
const [MAX_MANIFEST_BYTES, MAX_DESCRIPTOR_BYTES] = [1024 * 1024, 1024 * 1024];

interface Descriptor {
  readonly ovf?: Ovf;
  readonly warning?: string;
}

/** The manifests and the descriptor beside the disk. */
class Companions {
  readonly file: RangedFile;
  readonly #manifests: ManifestFile[] = [];
  #manifestBytes = 0;
  #descriptor: Descriptor | undefined;

  constructor(file: RangedFile) {
    this.file = file;
  }

  /** The first bytes of a member. Of one that is cut, what is there: the archive is refused behind it. */
  async bytes({ offset, size }: TarMember, length: number): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(length, size, this.file.size - offset));
    return wanted === 0 ? Buffer.alloc(0) : this.file.read(offset, wanted);
  }

  /** @throws ImageDropError `unsupported-variant` */
  async note(member: TarMember): Promise<void> {
    if (MANIFEST.test(member.name)) await this.#noteManifest(member);
    if (!DESCRIPTOR.test(member.name)) return;
    const isFirst = this.#descriptor === undefined;
    this.#descriptor = isFirst ? await this.#descriptorIn(member) : { warning: TWO_DESCRIPTORS };
  }

  /** A manifest that is not read cannot be compared with the disk. */
  async #noteManifest(member: TarMember): Promise<void> {
    const { name, size } = member;
    // The bitmap of a raw disk for IMS ends in the same way.
    if (size > MAX_MANIFEST_BYTES && !beginsAsManifest(await this.bytes(member, HEAD_OF_MANIFEST_BYTES))) return;
    this.#manifestBytes += size;
    if (this.#manifestBytes > MAX_MANIFEST_BYTES) {
      const limit = `the manifests of an archive may have ${MAX_MANIFEST_BYTES}`;
      throw unsupported(`The manifest ${name} has ${size} bytes, and ${limit}.`);
    }
    this.#manifests.push({ name, text: (await this.bytes(member, size)).toString('utf8') });
  }

  /** What a descriptor says is welcome, and nothing depends on it: one that cannot be read costs a warning. */
  async #descriptorIn(member: TarMember): Promise<Descriptor> {
    const { name, size } = member;
    const unused = (reason: string) => ({ warning: `The OVF descriptor ${name} is not used: ${reason}.` });
    if (size > MAX_DESCRIPTOR_BYTES) return unused(`it has ${size} bytes, and the limit is ${MAX_DESCRIPTOR_BYTES}`);
    const text = (await this.bytes(member, size)).toString('utf8');
    try {
      return { ovf: readOvf(name, text) };
    } catch (error) {
      if (error instanceof XmlError) return unused(error.message);
      throw error;
    }
  }

  /** @throws ImageDropError `unsupported-variant` of a disk that the descriptor calls compressed or cut into chunks */
  requireStored(chosen: string | undefined): void {
    if (this.#descriptor?.ovf !== undefined) requireStored(this.#descriptor.ovf, chosen);
  }

  /** @throws ImageDropError `corrupt-data` */
  about(disk: string): Pick<TarDisk, 'manifest' | 'appliance' | 'warnings'> {
    const manifest = digestOf(disk, this.#manifests);
    const { ovf, warning } = this.#descriptor ?? {};
    return {
      ...(manifest !== undefined && { manifest }),
      ...(ovf !== undefined && { appliance: applianceOf(ovf, disk) }),
      ...(warning !== undefined && { warnings: [warning] }),
    };
  }
}

const TWO_DESCRIPTORS = 'The archive has several OVF descriptors; none of them is used.';

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
