import type { ImageFormat } from '../../lambda/model/image.ts';
import type { RouteSetting } from '../../lambda/model/target.ts';

/** docs/routes.md has the rules behind these cases. */
export interface RouteCase {
  readonly when: string;
  /** @default auto */
  readonly route?: RouteSetting;
  readonly bytes: number;
  /** A route, or the code of an error. */
  readonly becomes: string;
}

const GIB = 2 ** 30;
const OFFERED = ['glance-direct', 'web-download'];

/** The cases of a service that fetches a URL itself. */
export const GLANCE_CASES: readonly (RouteCase & {
  readonly importMethods?: readonly string[];
  readonly footerBytes?: number;
  /** Bytes per second of an upload that had 900 seconds. */
  readonly measured?: number;
})[] = [
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
  { when: 'set to import, the cloud does not say', route: 'import', bytes: 512, becomes: 'import' },
  {
    when: 'a fixed VHD, set to import',
    route: 'import',
    bytes: GIB,
    importMethods: OFFERED,
    footerBytes: 512,
    becomes: 'format-not-taken',
  },
  {
    when: 'what the link was too slow for, where import is offered',
    bytes: 20e9,
    importMethods: OFFERED,
    measured: 20e6,
    becomes: 'import',
  },
  {
    when: 'what the link was too slow for, where import is not offered',
    bytes: 20e9,
    importMethods: [],
    measured: 20e6,
    becomes: 'too-large',
  },
  {
    when: 'what the link is fast enough for',
    bytes: 17e9,
    importMethods: OFFERED,
    measured: 20e6,
    becomes: 'stream',
  },
  {
    when: 'more than can be streamed, over the fastest link',
    bytes: 32 * GIB + 1,
    importMethods: OFFERED,
    measured: 1e9,
    becomes: 'import',
  },
  { when: 'more than the endpoint takes', bytes: 1025 * GIB, importMethods: OFFERED, becomes: 'too-large' },
];

/** The cases of a service that reads from object storage. */
export const STORAGE_CASES: readonly (RouteCase & {
  readonly format?: ImageFormat;
  readonly key?: string;
  readonly hasBitmap?: boolean;
  readonly isStaging?: boolean;
  readonly noStaging?: boolean;
  /** Stands in the reason, or in the message or the next step of the error. */
  readonly says?: string;
})[] = [
  { when: 'what one PUT takes', bytes: 2e9, becomes: 'stream' },
  { when: 'more than one PUT takes', bytes: 2e9 + 1, becomes: 'register', says: 'its copy in staging' },
  {
    when: 'the same, dropped where the service reads',
    bytes: 3e9,
    isStaging: true,
    becomes: 'register',
    says: 'the dropped object',
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
