import { posix } from 'node:path';
import { startsWith } from './packed-file.ts';
import { noImageInside, noSuchMember, packedTwice, severalImages } from './refusals.ts';
import { layerOf } from './signatures.ts';

/** Endings that people give to disk images of all formats. */
const DISK_NAME = /\.(raw|img|dd|bin|qcow2?|qed|vmdk|vhdx?|vpc|vdi|iso|zvhd2?)$/i;
/** AppleDouble files, which macOS adds to archives. */
const COMPANION = /(^|\/)(\._|__MACOSX\/)/;

/** Signature and offset of each format. Which disk it is, and whether it is safe, is found out later. */
const SIGNATURES: readonly (readonly [offset: number, signature: string | readonly number[]])[] = [
  [0, 'QFI\xfb'],
  [0, 'QED\0'],
  [0, 'KDMV'],
  [0, 'COWD'],
  [0, 'conectix'],
  [0, 'cxsparse'],
  [0, 'vhdxfile'],
  [64, [0x7f, 0x10, 0xda, 0xbe]],
  [32_769, 'CD001'],
  // The MBR, or the boot sector of a file system.
  [510, [0x55, 0xaa]],
  [512, 'EFI PART'],
];

/**
 * Whether a file in an archive is a disk image, by its first bytes or its name: a raw disk may bear no sign, and archives
 * have licences, checksums and descriptions beside the disk.
 */
const isDisk = (name: string, head: Buffer): boolean =>
  !COMPANION.test(name) && (DISK_NAME.test(name) || SIGNATURES.some(([offset, sign]) => has(head, offset, sign)));

const has = (head: Buffer, offset: number, signature: string | readonly number[]): boolean =>
  startsWith(head.subarray(offset), ...(typeof signature === 'string' ? Buffer.from(signature, 'latin1') : signature));

/** Programs write `./disk.raw` and `disk.raw`. */
export const isSameFile = (one: string, other: string): boolean => posix.normalize(one) === posix.normalize(other);

/** Finds the one disk image among the files of an archive. */
export class DiskSearch<T extends { readonly name: string }> {
  readonly #archive: string;
  readonly #chosen: string | undefined;
  readonly #names: string[] = [];
  readonly #disks: T[] = [];
  #layer: string | undefined;

  /** @param chosen the name of the one that counts, whatever else is a disk image */
  constructor(archive: string, chosen: string | undefined) {
    this.#archive = archive;
    this.#chosen = chosen;
  }

  /**
   * @param head the first bytes of the member
   * @returns whether it is the disk image
   * @throws ImageDropError `several-images` of the second one
   */
  isDisk(member: T, head: Buffer): boolean {
    this.#names.push(member.name);
    if (this.#chosen !== undefined && !isSameFile(member.name, this.#chosen)) return false;
    const layer = layerOf(head);
    if (layer !== undefined) this.#layer ??= `${member.name}, ${layer}`;
    if (layer !== undefined || !(this.#chosen !== undefined || isDisk(member.name, head))) return false;
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
    if (this.#layer !== undefined) throw packedTwice(this.#archive, this.#layer);
    throw this.#chosen === undefined
      ? noImageInside(this.#archive, this.#names)
      : noSuchMember(this.#archive, this.#chosen, this.#names);
  }
}
