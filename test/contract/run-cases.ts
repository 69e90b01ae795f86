import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { CASES } from './cases.ts';
import type { ContractCase, ServiceSettings, ServiceWorld } from './service-world.ts';

/** Cases that want the service set up in the same way are run together: setting it up takes seconds. */
interface Group {
  readonly settings: ServiceSettings;
  readonly cases: ContractCase[];
}

/** Some cases wait for a token to end, or for a service to start again. */
const WITHIN_MS = 60_000;
/** A database, Keystone and Glance that are set up anew take more than a minute on a busy machine. */
const START_WITHIN_MS = 240_000;

/**
 * Registers all cases with jest, for one service.
 * @param which the cases that this service can show
 */
export function runCases(start: () => Promise<ServiceWorld>, which: (one: ContractCase) => boolean): void {
  let world: ServiceWorld;
  beforeAll(async () => {
    world = await start();
  }, START_WITHIN_MS);
  afterAll(() => world?.stop(), START_WITHIN_MS);
  for (const { settings, cases } of groups(Object.values(CASES).flat().filter(which))) {
    describe(`set up with ${JSON.stringify(settings)}`, () => {
      beforeAll(() => world.configure(settings), WITHIN_MS);
      test.each(cases)('$name: $service', ({ run }) => run(world), WITHIN_MS);
    });
  }
}

function groups(cases: readonly ContractCase[]): readonly Group[] {
  const found: Group[] = [];
  for (const one of cases) {
    const settings = one.settings ?? {};
    const group = found.find((each) => isDeepStrictEqual(each.settings, settings));
    if (group === undefined) found.push({ settings, cases: [one] });
    else group.cases.push(one);
  }
  return found;
}
