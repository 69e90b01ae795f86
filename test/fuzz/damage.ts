import { SparseFile } from '../support/images/sparse-file.ts';
import type { Base } from './base.ts';
import type { Random } from './random.ts';

/** One way to damage a file; `others` gives another file of the corpus. */
type Damage = (file: SparseFile, base: Base, random: Random, others: () => SparseFile) => SparseFile;

const TIB = 1024 ** 4;
/** Headers lie in the first and the last KiB of nearly every format. */
const NEAR_BYTES = 1024;
const MAX_COPIED_BYTES = 4096;

/** The numbers next to which programs go wrong: bounds of types, of the formats' own fields, and sizes of units. */
const BOUNDARIES: readonly bigint[] = [
  ...[0n, 1n, 2n, 3n, 4n, 5n, 6n, 8n, 9n, 14n, 16n, 21n, 22n, 63n, 64n, 0x7fn, 0xffn, 0x7fffn, 0xffffn],
  ...[512n, 1024n, 2048n, 4096n, 65536n, 0x10001n, 2n ** 20n, 2n ** 25n, 2n ** 31n, 2n ** 32n, 2n ** 40n, 2n ** 44n],
  ...[2n ** 46n, 2n ** 52n, 2n ** 53n, 2n ** 55n, 2n ** 60n, 2n ** 62n, 2n ** 63n, 2n ** 64n - 512n, 2n ** 64n - 1n],
];
const SECTOR_UNITS = [1n, 512n, 2048n, 65536n];

const place: (file: SparseFile, base: Base, random: Random) => number = (file, base, random) => {
  const kind = random.below(10);
  if (kind < 4) return random.below(Math.min(NEAR_BYTES, file.size));
  if (kind < 6) return Math.max(0, file.size - 1 - random.below(NEAR_BYTES));
  return Math.min(file.size - 1, random.pick(base.fields) + random.below(8));
};

const flipBytes: Damage = (file, base, random) => {
  let changed = file;
  for (let left = random.between(1, 8); left > 0; left--) {
    changed = changed.patched(place(file, base, random), Buffer.of(random.u32() & 0xff));
  }
  return changed;
};

const flipBit: Damage = (file, base, random) => {
  const offset = place(file, base, random);
  const [byte = 0] = file.readNow(offset, 1);
  return file.patched(offset, Buffer.of(byte ^ (1 << random.below(8))));
};

const writeBoundary: Damage = (file, base, random) => {
  const bytes = random.pick([1, 2, 4, 8] as const);
  const offset = place(file, base, random);
  const value = boundary(file, random) + BigInt(random.between(-1, 1));
  const written = Buffer.alloc(8);
  if (random.chance(0.5)) {
    written.writeBigUInt64LE(BigInt.asUintN(64, value));
    return file.patched(offset - (offset % bytes), written.subarray(0, bytes));
  }
  written.writeBigUInt64BE(BigInt.asUintN(64, value));
  return file.patched(offset - (offset % bytes), written.subarray(8 - bytes));
};

const boundary = (file: SparseFile, random: Random): bigint =>
  random.chance(0.2) ? BigInt(file.size) / random.pick(SECTOR_UNITS) : random.pick(BOUNDARIES);

/** Writes a piece of another file, or of this one, over this one. */
const splice: Damage = (file, base, random, others) => {
  const source = random.chance(0.3) ? file : others();
  const from = random.below(Math.min(source.size, random.chance(0.5) ? NEAR_BYTES : source.size));
  const bytes = source.readNow(from, Math.min(random.between(1, MAX_COPIED_BYTES), source.size - from));
  return file.patched(random.chance(0.5) && from < file.size ? from : place(file, base, random), bytes);
};

/** Leaves bytes out or puts some in, so that what follows is out of its place. */
const shift: Damage = (file, base, random) => {
  const [at, bytes] = [place(file, base, random), random.pick([1, 2, 4, 8, 512])];
  const rest = file.slice(at, file.size);
  return random.chance(0.5)
    ? file.slice(0, at).followedBy(new SparseFile(bytes)).followedBy(rest)
    : file.slice(0, at).followedBy(rest.slice(Math.min(bytes, rest.size), rest.size));
};

/** Writes ASCII over what may be text: a descriptor obeys words that no chance would write. */
const WORDS = [
  'RW 1 FLAT "/etc/passwd" 0\n',
  'RW 1 SPARSE "x"\n',
  'createType="monolithicFlat"\n',
  'parentCID=0\n',
  'parentFileNameHint="x"\n',
  'version=1\n',
  '# Disk DescriptorFile\n',
  '\n',
  '\r',
  '"',
  '=',
];
const writeWord: Damage = (file, base, random) =>
  file.patched(place(file, base, random), Buffer.from(random.pick(WORDS), 'latin1'));

export const cut: Damage = (file, base, random) => {
  const kind = random.below(4);
  if (kind === 0) return file.resized(random.below(file.size + 1));
  if (kind === 1) return file.resized(Math.min(file.size, random.pick(base.fields) + random.between(0, 8)));
  if (kind === 2) return file.resized(Math.max(0, file.size - random.pick([1, 511, 512, 513, 1024, 1536, 4096])));
  return file.resized(512 * random.below(Math.ceil(file.size / 512)));
};

const extend: Damage = (file, _base, random) =>
  file.resized(file.size + random.pick([1, 511, 512, 513, 4096, 65536, 2 ** 20, 2 ** 32, TIB]));

const append: Damage = (file, _base, _random, others) => file.followedBy(others());

const begin: Damage = (file, _base, random, others) => {
  const other = others();
  return other.resized(Math.min(other.size, random.pick([1, 512, 4096, 32768, 65536]))).followedBy(file);
};

/** How often each is chosen, out of their sum. */
const DAMAGES: readonly [weight: number, damage: Damage][] = [
  [5, writeBoundary],
  [4, flipBytes],
  [3, flipBit],
  [3, splice],
  [1, writeWord],
  [1, shift],
  [1, cut],
  [1, extend],
  [1, append],
  [1, begin],
];
const ALL: readonly Damage[] = DAMAGES.flatMap(([weight, damage]) => Array.from({ length: weight }, () => damage));

export function damaged(base: Base, random: Random, others: () => SparseFile): SparseFile {
  let { file } = base;
  for (let left = random.between(1, 4); left > 0 && file.size > 0; left--) {
    file = random.pick(ALL)(file, base, random, others);
  }
  return file;
}
