import type { GrowthOptions } from './growth/measure-growth.ts';
import type { StreamOptions } from './stream/measure-stream.ts';
import type { UnpackOptions } from './unpack/measure-unpack.ts';
import type { WholeOptions } from './whole/measure-whole.ts';

const [MIB, GIB] = [2 ** 20, 2 ** 30];

export interface Scale {
  /** How often each function is started. */
  readonly starts: number;
  /** Drops of each route whose requests are counted. */
  readonly requests: number;
  readonly stream: StreamOptions;
  readonly unpack: UnpackOptions;
  readonly whole: WholeOptions;
  readonly growth: GrowthOptions;
}

/** All that docs/performance.md promises; an hour and more. */
export const FULL: Scale = {
  starts: 21,
  requests: 20,
  stream: { rounds: 5, bytes: GIB, sizes: [64 * MIB, GIB, 8 * GIB] },
  unpack: { rounds: 5, bytes: 400 * MIB },
  whole: {
    large: { bytes: GIB, rounds: 5 },
    small: { count: 200 },
    many: { count: 500, rounds: 5, byCurl: 100, byClient: 10 },
  },
  growth: { counts: [1, 10, 100, 1000, 10_000], sizes: [1, 8, 64, 512, 1024, 8192].map((size) => size * MIB) },
};

/** For CI: ten minutes at most, on two cores that have nothing else to do. */
export const QUICK: Scale = {
  starts: 9,
  requests: 5,
  stream: { rounds: 5, bytes: GIB / 4, sizes: [64 * MIB, GIB] },
  unpack: { rounds: 5, bytes: 200 * MIB },
  whole: {
    large: { bytes: GIB / 4, rounds: 5 },
    small: { count: 20 },
    many: { count: 30, rounds: 5, byCurl: 6, byClient: 1 },
  },
  growth: { counts: [1, 10, 100, 300], sizes: [1, 8, 64, 512].map((size) => size * MIB) },
};
