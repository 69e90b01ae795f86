import type { InspectOptions } from '../../lambda/formats/inspect.ts';
import { IMAGE_FORMATS } from '../../lambda/model/image.ts';
import type { SparseFile } from '../support/images/sparse-file.ts';
import type { Base } from './base.ts';
import { cut, damaged } from './damage.ts';
import { Random } from './random.ts';
import { sealed } from './seals.ts';

export interface Input {
  readonly file: SparseFile;
  readonly options: InspectOptions;
  /** The file that was damaged. */
  readonly base: Base;
  /** Whether it was cut only, where that is noticed: it must not be taken for the whole. */
  readonly isCut: boolean;
}

const NAMES = ['disk.img', 'disk.raw', 'disk.vhd', 'disk.qcow2', 'disk'];

/** The same input for the same seed and index, as long as the corpus stays the same. */
export function inputOf(seed: number, index: number, bases: readonly Base[]): Input {
  const random = new Random(seed, index);
  const base = random.pick(bases);
  if (base.sound !== undefined && random.chance(0.05)) {
    const file = cut(base.file, base, random, () => base.file);
    return { file, options: base.options, base, isCut: file.size < base.sound.cutSeenBelow };
  }
  const file = damaged(base, random, () => random.pick(bases).file);
  const options = random.chance(0.7) ? base.options : otherOptions(random);
  return { file: random.chance(0.5) ? sealed(file) : file, options, base, isCut: false };
}

function otherOptions(random: Random): InspectOptions {
  return {
    ...(random.chance(0.5) ? { claimedFormat: random.pick([...IMAGE_FORMATS, 'raw', 'raw']) } : {}),
    ...(random.chance(0.5) ? { fileName: random.pick(NAMES) } : {}),
  };
}
