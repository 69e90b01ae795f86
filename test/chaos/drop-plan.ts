import { Random } from '../fuzz/random.ts';

export const SOUND_FORMATS = [
  'raw',
  'raw with a GPT',
  'qcow2',
  'qcow2 v2',
  'qcow',
  'qed',
  'vmdk monolithicSparse',
  'vmdk streamOptimized',
  'vhd fixed',
  'vhd dynamic',
  'vhdx',
  'vdi',
  'iso',
  'zvhd',
  'zvhd2',
  // A fast import takes no other format, and raw only with a bitmap file.
  'zvhd2',
  'zvhd2',
] as const;
export type SoundFormat = (typeof SOUND_FORMATS)[number];

/** How a sound file may be packed; its name does not show it. */
export const PACKINGS = ['gzip', 'zstd', 'zip', 'tar in gzip'] as const;
export type Packing = (typeof PACKINGS)[number];

export interface PlannedDrop {
  readonly index: number;
  readonly key: string;
  /** Written under the key of this drop, so many milliseconds after it. */
  readonly replaces?: number;
  readonly content: PlannedContent;
  /** Milliseconds after the drop at which its key is deleted. */
  readonly deletedAfterMs?: number;
  /** Milliseconds that pass before it is put. */
  readonly pauseMs: number;
  /** It names one target, and this picks which. */
  readonly target?: number;
  /** What its dropper asks of the image; absent where nothing. */
  readonly asks?: Asked;
  /** Absent where it is dropped as it is. */
  readonly packing?: Packing;
}

/** What a dropper may say of an image, in its user metadata or in a file beside it. */
export const ASKED = ['protected', 'hidden', 'named in a file', 'protected by a file'] as const;
export type Asked = (typeof ASKED)[number];

export type PlannedContent =
  /** A disk of so many bytes with content of this seed, as it stands or inside a file of the format. */
  | { readonly kind: 'sound'; readonly format: SoundFormat; readonly diskBytes: number; readonly seed: number }
  /** One of the files of the corpus that inspection refuses. */
  | { readonly kind: 'bad'; readonly pick: number };

/** Streams of random numbers: see test/fuzz/random.ts. */
const DROPS_STREAM = 1;
/** Of its own, so that whatever else a seed gives does not depend on it. */
const TARGETS_STREAM = 2 ** 30;
const METADATA_STREAM = 2 ** 31;
const PACKING_STREAM = 3 * 2 ** 30;

/** What keys are made of that somebody, somewhere, takes for something else. */
const HOSTILE = [
  'plain',
  'two words',
  'a+b=c&d',
  '%2e%2e%2f100%',
  '../../etc/passwd',
  './/double//slash',
  'ünïcödé-中文-עברית',
  'emoji 💿',
  '"quotes" and \'ticks\'',
  '$(reboot); `id` | tee',
  '<xml>&amp;</xml>',
  'tab\tand\u001b[31mred',
  'C:\\windows\\path',
  '?query#fragment',
  `long-${'x'.repeat(880)}`,
  'record.json',
] as const;

const ENDING: Readonly<Record<SoundFormat, string>> = {
  raw: 'img',
  'raw with a GPT': 'raw',
  qcow2: 'qcow2',
  'qcow2 v2': 'qcow2',
  qcow: 'qcow',
  qed: 'qed',
  'vmdk monolithicSparse': 'vmdk',
  'vmdk streamOptimized': 'vmdk',
  'vhd fixed': 'vhd',
  'vhd dynamic': 'vhd',
  vhdx: 'vhdx',
  vdi: 'vdi',
  iso: 'iso',
  zvhd: 'zvhd',
  zvhd2: 'zvhd2',
};

/** The drops of a seed: always the same, and those of a smaller number are the first of a larger. */
export function dropPlan(seed: number, count: number): readonly PlannedDrop[] {
  const drops: PlannedDrop[] = [];
  for (let index = 0; index < count; index++) {
    const drop = planned(index, new Random(seed, DROPS_STREAM + index), drops);
    const asks = askedOf(new Random(seed, METADATA_STREAM + index));
    const packing = drop.content.kind === 'sound' ? packingOf(new Random(seed, PACKING_STREAM + index)) : {};
    drops.push({ ...drop, ...targetOf(new Random(seed, TARGETS_STREAM + index)), ...asks, ...packing });
  }
  return drops;
}

/** Three in four name a target. */
const targetOf = (random: Random): Pick<PlannedDrop, 'target'> => (random.chance(0.75) ? { target: random.u32() } : {});

/** One in four asks something of its image. */
const askedOf = (random: Random): Pick<PlannedDrop, 'asks'> =>
  random.chance(0.25) ? { asks: random.pick(ASKED) } : {};

/** A third of all drops: one in eight is bad, and not packed. */
const packingOf = (random: Random): Pick<PlannedDrop, 'packing'> =>
  random.chance(0.38) ? { packing: random.pick(PACKINGS) } : {};

function planned(index: number, random: Random, before: readonly PlannedDrop[]): PlannedDrop {
  const content = contentOf(random);
  const own = `${index}/${random.chance(0.3) ? random.pick(HOSTILE) : 'disk'}.${endingOf(content)}`;
  // A drop or two before this one: it is still under way, or has just been settled.
  const earlier = before[index - random.between(1, 4)];
  const rewrites = earlier !== undefined && random.chance(0.12);
  const deletedAfterMs = random.chance(0.05) ? random.between(0, 4000) : undefined;
  return {
    index,
    key: rewrites ? earlier.key : own,
    ...(rewrites && { replaces: earlier.index }),
    content,
    ...(deletedAfterMs !== undefined && { deletedAfterMs }),
    pauseMs: random.between(0, 300),
  };
}

function contentOf(random: Random): PlannedContent {
  if (random.chance(0.12)) return { kind: 'bad', pick: random.u32() };
  const format = random.chance(0.4) ? 'raw' : random.pick(SOUND_FORMATS);
  return { kind: 'sound', format, diskBytes: diskBytes(format, random), seed: random.u32() };
}

/** 512 bytes to 64 MiB: most are small, so that the time goes into faults and not into bytes; one in forty is large. */
function diskBytes(format: SoundFormat, random: Random): number {
  const large = random.chance(0.025);
  const [lowest, highest] = large ? [23, 26] : random.chance(0.2) ? [18, 22] : [9, 18];
  const sectors = Math.round(2 ** (lowest + (random.below(1000) / 1000) * (highest - lowest)) / 512);
  // What wraps a disk is built in memory, and a GPT takes its own room.
  const fewest = format === 'raw' ? 1 : 128;
  return Math.min(Math.max(sectors, fewest), format === 'raw' ? 131_072 : 16_384) * 512;
}

const endingOf = (content: PlannedContent): string => (content.kind === 'bad' ? 'disk' : ENDING[content.format]);
