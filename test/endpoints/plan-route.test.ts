import { describe, expect, test } from '@jest/globals';
import { planRoute } from '../../lambda/endpoints/plan-route.ts';
import type { ImageFormat } from '../../lambda/model/image.ts';
import type { RouteSetting } from '../../lambda/model/target.ts';
import { TARGETS } from '../support/endpoint-fixture.ts';
import { failure } from '../support/outcome.ts';

const GIB = 2 ** 30;
const LIMITS = { maxRegisterBytes: 128e9, maxFastImportBytes: 1e12 };
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

/** The cases of a service that reads from object storage. */
const STORAGE_CASES: readonly {
  readonly when: string;
  readonly route?: RouteSetting;
  readonly bytes: number;
  readonly format?: ImageFormat;
  readonly key?: string;
  readonly hasBitmap?: boolean;
  readonly isStaging?: boolean;
  readonly noStaging?: boolean;
  readonly becomes: string;
  /** Stands in the reason, or in the message or the next step of the error. */
  readonly says?: string;
}[] = [
  { when: 'what one PUT takes', bytes: 2e9, becomes: 'stream' },
  { when: 'more than one PUT takes', bytes: 2e9 + 1, becomes: 'register', says: 'its copy in staging' },
  {
    when: 'the same, dropped where the service reads',
    bytes: 3e9,
    isStaging: true,
    becomes: 'register',
    says: 'where it lies',
  },
  {
    when: 'the same under a key with a space',
    bytes: 3e9,
    isStaging: true,
    key: 'my disk.raw',
    becomes: 'invalid-request',
    says: 'my disk.raw',
  },
  { when: 'a key with a space that is copied', bytes: 3e9, key: 'my disk.raw', becomes: 'register' },
  {
    when: 'more than one PUT takes, without a staging bucket',
    bytes: 3e9,
    noStaging: true,
    becomes: 'too-large',
    says: 'targets.there.staging',
  },
  { when: 'the largest that can be registered', bytes: 128e9, becomes: 'register' },
  { when: 'a larger zvhd2', bytes: 128e9 + 1, format: 'zvhd2', becomes: 'fast-import', says: '128000000000 bytes' },
  { when: 'a larger raw disk with its bitmap', bytes: 128e9 + 1, hasBitmap: true, becomes: 'fast-import' },
  { when: 'a larger raw disk without its bitmap', bytes: 128e9 + 1, becomes: 'too-large', says: 'images/disk.mf' },
  { when: 'a larger qcow2', bytes: 128e9 + 1, format: 'qcow2', becomes: 'too-large', says: 'this is qcow2' },
  { when: 'the largest fast import', bytes: 1e12, format: 'zvhd2', becomes: 'fast-import' },
  {
    when: 'more than a fast import takes',
    bytes: 1e12 + 1,
    format: 'zvhd2',
    becomes: 'too-large',
    says: '1000000000000',
  },
  {
    when: 'any image, set to register',
    route: 'register',
    bytes: 512,
    becomes: 'register',
    says: 'is set to register',
  },
  { when: 'a large one, set to stream', route: 'stream', bytes: 3e9, becomes: 'too-large' },
];

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
