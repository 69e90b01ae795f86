/** What was measured of one thing, several times. */
export interface Summary {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly samples: readonly number[];
}

/** @throws RangeError of no samples */
export function summary(samples: readonly number[]): Summary {
  if (samples.length === 0) throw new RangeError('Nothing was measured.');
  const sorted = samples.toSorted((one, other) => one - other);
  return { median: quantile(sorted, 0.5), lowest: quantile(sorted, 0), highest: quantile(sorted, 1), samples };
}

/** By linear interpolation. @param share 0 to 1 */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((one, other) => one - other);
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** One of those who are compared, all at the same work. */
export interface Contender<Result> {
  readonly name: string;
  /** @param round counted from 0 */
  run(round: number): Promise<Result>;
}

/**
 * Lets all have a turn in each round, so that what else the machine does meets all alike; each round begins with another.
 * @returns the results of each by its name
 */
export async function alternate<Result>(
  contenders: readonly Contender<Result>[],
  rounds: number,
): Promise<ReadonlyMap<string, readonly Result[]>> {
  const results = new Map<string, Result[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    const first = round % Math.max(contenders.length, 1);
    for (const { name, run } of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      results.get(name)?.push(await run(round));
    }
  }
  return results;
}
