import { isoImage } from './iso.ts';
import { patched, u32le } from './patched.ts';
import { DISK } from './samples.ts';

const SECTOR = 2048;
const BOOT_RECORD = 17 * SECTOR;
const CATALOG_SECTOR = 18;
const APPENDED_BYTES = 8192;

export interface Boot {
  /** Sector of the boot catalog. */
  readonly catalog?: number;
  /** First sector of the boot image, of four times 512 bytes. */
  readonly image?: number;
}

/** An ISO with El Torito's boot record, and a catalog of a validation entry and one boot image. */
export function bootableIso({ catalog = CATALOG_SECTOR, image = 21 }: Boot = {}): Buffer {
  return patched(isoImage(DISK), {
    [BOOT_RECORD]: '\0CD001\x01EL TORITO SPECIFICATION',
    [BOOT_RECORD + 71]: u32le(catalog),
    [CATALOG_SECTOR * SECTOR]: [1],
    [CATALOG_SECTOR * SECTOR + 32]: [0x88, 0, 0, 0, 0, 0, 4, 0, ...u32le(image)],
  });
}

/** As `xorriso -append_partition` makes it: the partition for UEFI behind the volume, in the MBR and the boot catalog. */
export function hybridIso(): { iso: Buffer; volumeBytes: number } {
  const volumeBytes = isoImage(DISK).length;
  const volume = bootableIso({ image: volumeBytes / SECTOR });
  const whole = Buffer.concat([volume, Buffer.alloc(APPENDED_BYTES)]);
  const iso = patched(whole, {
    446: mbrEntry(0x17, 64, volumeBytes / 512 - 64),
    462: mbrEntry(0xef, volumeBytes / 512, APPENDED_BYTES / 512),
    510: [0x55, 0xaa],
  });
  return { iso, volumeBytes };
}

/** As Windows is delivered: beside a small ISO 9660 volume a UDF partition, which goes on to the end of the image. */
export function udfBridge(): Buffer {
  const [anchor, descriptors, partition, end] = [256, 32, 257, 400];
  const image = Buffer.concat([isoImage(Buffer.alloc(SECTOR))], end * SECTOR);
  return patched(image, {
    [18 * SECTOR + 1]: 'NSR02',
    [anchor * SECTOR]: [2],
    [anchor * SECTOR + 20]: u32le(descriptors),
    [(descriptors + 2) * SECTOR]: [5],
    [(descriptors + 2) * SECTOR + 188]: [...u32le(partition), ...u32le(end - partition)],
  });
}

/** Without CHS. */
export const mbrEntry = (type: number, start: number, sectors: number): number[] => [
  ...[0, 0, 0, 0, type, 0, 0, 0],
  ...u32le(start),
  ...u32le(sectors),
];
