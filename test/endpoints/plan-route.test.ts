import { describe, expect, test } from '@jest/globals';
import { planRoute } from '../../lambda/endpoints/plan-route.ts';
import type { RouteSetting } from '../../lambda/model/target.ts';
import { TARGETS } from '../support/endpoint-fixture.ts';
import { failure } from '../support/outcome.ts';

const GIB = 2 ** 30;
const OFFERED = ['glance-direct', 'web-download'];

/** docs/routes.md shows these cases to people. */
const CASES: readonly {
  readonly when: string;
  readonly route?: RouteSetting;
  readonly bytes: number;
  readonly importMethods?: readonly string[];
  readonly footerBytes?: number;
  readonly becomes: string;
}[] = [
  { when: 'a small image', bytes: GIB, importMethods: OFFERED, becomes: 'stream' },
  { when: 'the largest image that can be streamed', bytes: 32 * GIB, importMethods: OFFERED, becomes: 'stream' },
  { when: 'a larger one, where import is offered', bytes: 32 * GIB + 1, importMethods: OFFERED, becomes: 'import' },
  { when: 'a larger one, where import is not offered', bytes: 32 * GIB + 1, importMethods: [], becomes: 'too-large' },
  { when: 'a larger one, where the cloud does not say', bytes: 32 * GIB + 1, becomes: 'too-large' },
  {
    when: 'a larger fixed VHD',
    bytes: 33 * GIB,
    importMethods: OFFERED,
    footerBytes: 512,
    becomes: 'too-large',
  },
  { when: 'any image, set to stream', route: 'stream', bytes: 99 * GIB, importMethods: OFFERED, becomes: 'stream' },
  { when: 'any image, set to import', route: 'import', bytes: 512, importMethods: OFFERED, becomes: 'import' },
  { when: 'set to import, not offered', route: 'import', bytes: 512, importMethods: [], becomes: 'route-not-offered' },
  { when: 'set to import, the cloud does not say', route: 'import', bytes: 512, becomes: 'route-not-offered' },
  {
    when: 'a fixed VHD, set to import',
    route: 'import',
    bytes: GIB,
    importMethods: OFFERED,
    footerBytes: 512,
    becomes: 'format-not-taken',
  },
  { when: 'more than the endpoint takes', bytes: 1025 * GIB, importMethods: OFFERED, becomes: 'too-large' },
];

describe('the route of', () => {
  test.each(CASES)('$when: $becomes', async ({ route = 'auto', bytes, importMethods, footerBytes = 0, becomes }) => {
    const target = { ...TARGETS.glance, route, maxStreamBytes: 32 * GIB };
    const range = { offset: 0, length: bytes };
    const objectBytes = bytes + footerBytes;
    const plan = () => planRoute({ target, objectBytes, range, ...(importMethods && { importMethods }) });
    if (becomes === 'stream' || becomes === 'import') {
      expect(plan()).toEqual({ route: becomes, reason: expect.stringMatching(/\.$/) });
      return;
    }
    const error = await failure(plan);
    expect(error.code).toBe(becomes);
    expect(error.nextStep).toMatch(/\.$/);
  });
});
