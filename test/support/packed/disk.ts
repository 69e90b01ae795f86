import { pattern } from '../bytes.ts';
import { mbrDisk } from '../images/partitioned.ts';

const SECTORS = 512;

/** The disk in the fixtures: an MBR, a kilobyte that does not compress, a part that does, and zeros. */
export function innerDisk(): Buffer {
  const disk = mbrDisk(SECTORS, [[0x83, 64, SECTORS - 64]]);
  let state = 1;
  for (let offset = 32_768; offset < 33_792; offset++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    disk[offset] = state >>> 16;
  }
  pattern(65_536).copy(disk, 65_536);
  return disk;
}
