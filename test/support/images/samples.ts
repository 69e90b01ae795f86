import type { ImageFormat } from '../../../lambda/model/image.ts';
import { rawDisk } from '../disk.ts';
import { gptDisk } from './gpt.ts';
import { isoImage } from './iso.ts';
import { qcowImage } from './qcow.ts';
import { qcow2Image } from './qcow2.ts';
import { qedImage } from './qed.ts';
import { vdiImage } from './vdi.ts';
import { dynamicVhd, fixedVhd } from './vhd.ts';
import { vhdxImage } from './vhdx.ts';
import { monolithicSparseVmdk, streamOptimizedVmdk } from './vmdk.ts';
import { zvhd2Image, zvhdImage } from './zvhd.ts';

/** A small, sound image. */
export interface Sample {
  /** "vhd fixed": format and variant. */
  readonly name: string;
  readonly format: ImageFormat;
  readonly subformat?: string;
  readonly virtualSize: number;
  readonly bytes: Buffer;
  /** A file cut to fewer bytes is refused: its own size where every cut is seen. */
  readonly cutSeenBelow: number;
}

const GIB = 1024 ** 3;
/** The disk in the samples: more than one cluster, grain and block of each format, and no multiple of any. */
export const DISK = rawDisk(300 * 512, 7);

function sample(format: ImageFormat, bytes: Buffer, more: Partial<Sample> = {}): Sample {
  const name = [format, more.subformat].filter((word) => word !== undefined).join(' ');
  return { name, format, bytes, virtualSize: DISK.length, cutSeenBelow: bytes.length, ...more };
}

const iso = isoImage(DISK);
const gpt = gptDisk(512 * 512);
const qcow2Cut = { cutSeenBelow: qcow2Image(DISK).length - 65535 };

/** One of each format and variant that is accepted. */
export const SAMPLES: readonly Sample[] = [
  // The last cluster may be partial.
  sample('qcow2', qcow2Image(DISK, { version: 2 }), { subformat: 'v2', ...qcow2Cut }),
  sample('qcow2', qcow2Image(DISK), { subformat: 'v3', ...qcow2Cut }),
  // Only the tables are looked at.
  sample('qcow', qcowImage(DISK), { cutSeenBelow: 56 }),
  sample('qed', qedImage(DISK), { cutSeenBelow: 12288 }),
  // What fills up the last grain is not missed.
  sample('vmdk', monolithicSparseVmdk(DISK), { subformat: 'monolithicSparse', cutSeenBelow: 65536 + DISK.length }),
  sample('vmdk', streamOptimizedVmdk(DISK), { subformat: 'streamOptimized' }),
  // Without its footer it is the raw disk that it holds, unless its name says otherwise.
  sample('vhd', fixedVhd(DISK), { subformat: 'fixed', cutSeenBelow: 513 }),
  // Without its footer its copy at the start counts.
  sample('vhd', dynamicVhd(DISK), { subformat: 'dynamic', cutSeenBelow: dynamicVhd(DISK).length - 512 }),
  // The zeros that fill up the last block are not missed.
  sample('vhdx', vhdxImage(DISK), { subformat: 'dynamic', cutSeenBelow: 4 * 1024 ** 2 + DISK.length }),
  sample('vdi', vdiImage(DISK), { subformat: 'dynamic' }),
  sample('iso', iso, { virtualSize: iso.length }),
  sample('zvhd', zvhdImage(DISK), { virtualSize: GIB }),
  sample('zvhd2', zvhd2Image(DISK), { virtualSize: GIB }),
  // A partition past the end is only warned of.
  sample('raw', DISK, { name: 'raw with an MBR', cutSeenBelow: 513 }),
  // What follows the partition is only warned of.
  sample('raw', gpt, { name: 'raw with a GPT', virtualSize: gpt.length, cutSeenBelow: gpt.length - 33 * 512 }),
];
