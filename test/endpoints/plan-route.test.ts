import { describe, expect, test } from '@jest/globals';
import { planRoute } from '../../lambda/endpoints/plan-route.ts';
import { TARGETS } from '../support/endpoint-fixture.ts';
import { failure } from '../support/outcome.ts';
import { GLANCE_CASES, STORAGE_CASES } from '../support/route-cases.ts';

const GIB = 2 ** 30;
const LIMITS = { maxRegisterBytes: 128e9, maxFastImportBytes: 1e12 };

describe('the route to a service that reads from object storage, of', () => {
  test.each(STORAGE_CASES)('$when: $becomes', async (one) => {
    const { route = 'auto', bytes, format = 'raw', key = 'images/disk.raw', becomes, says = '.' } = one;
    const { staging, ...limits } = { staging: undefined, ...TARGETS.ims.objectStorage, ...LIMITS };
    const objectStorage = { ...limits, ...(staging !== undefined && one.noStaging !== true && { staging }) };
    const target = { ...TARGETS.ims, route, maxPutBytes: 2e9, objectStorage };
    const storage = { format, key, hasBitmap: one.hasBitmap ?? false, isStaging: one.isStaging ?? false };
    const plan = () => planRoute({ target, objectBytes: bytes, range: { offset: 0, length: bytes }, storage });
    if (['stream', 'register', 'fast-import'].includes(becomes)) {
      expect(plan()).toEqual({ route: becomes, reason: expect.stringMatching(/\.$/) });
      expect(plan().reason).toContain(says);
      return;
    }
    const error = await failure(plan);
    expect(error.code).toBe(becomes);
    expect(`${error.message} ${error.nextStep}`).toContain(says);
  });

  test('what cannot be streamed in time, though one PUT takes it, is registered', () => {
    const target = { ...TARGETS.ims, maxPutBytes: 1e12, maxStreamBytes: 1e9 };
    const storage = { format: 'raw', key: 'a', hasBitmap: false, isStaging: false } as const;
    const plan = planRoute({ target, objectBytes: 2e9, range: { offset: 0, length: 2e9 }, storage });
    expect(plan.route).toBe('register');
  });

  test('nothing is read from there by a service that cannot', async () => {
    const target = { ...TARGETS.glance, route: 'register' } as const;
    const error = await failure(() => planRoute({ target, objectBytes: 1, range: { offset: 0, length: 1 } }));
    expect(error.code).toBe('route-not-offered');
  });
});

describe('the route of', () => {
  test.each(GLANCE_CASES)('$when: $becomes', async (one) => {
    const { route = 'auto', bytes, importMethods, footerBytes = 0, becomes } = one;
    const target = { ...TARGETS.glance, route, maxStreamBytes: 32 * GIB };
    const range = { offset: 0, length: bytes };
    const objectBytes = bytes + footerBytes;
    const measured = one.measured === undefined ? {} : { measured: { bytesPerSecond: one.measured, seconds: 900 } };
    const plan = () => planRoute({ target, objectBytes, range, ...(importMethods && { importMethods }), ...measured });
    if (becomes === 'stream' || becomes === 'import') {
      expect(plan()).toEqual({ route: becomes, reason: expect.stringMatching(/\.$/) });
      return;
    }
    const error = await failure(plan);
    expect(error.code).toBe(becomes);
    expect(error.nextStep).toMatch(/\.$/);
  });

  test('an image that a slow link does not bring in time says which rate was measured', () => {
    const measured = { bytesPerSecond: 20e6, seconds: 900 };
    const range = { offset: 0, length: 20e9 };
    const { reason } = planRoute({
      target: TARGETS.glance,
      objectBytes: 20e9,
      range,
      importMethods: ['web-download'],
      measured,
    });
    expect(reason).toContain('18000000000 can be streamed within 900 s at the 20000000 bytes per second');
  });
});
