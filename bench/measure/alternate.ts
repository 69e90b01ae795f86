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
