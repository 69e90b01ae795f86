import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { defaultEndpointResolver, type EndpointParameters } from '../../lambda/adapters/s3-endpoint.ts';

/** The rules that the SDK comes with. */
const { endpointProvider } = new S3Client({ region: 'eu-central-1' }).config;

const BUCKETS = [
  'drops',
  'my.drops',
  'ab',
  'Drops',
  'a_b',
  '192.168.0.1',
  'x'.repeat(64),
  'Eimer für (alles)!',
  'a..b',
];
const REGIONS = ['us-east-1', 'eu-central-1', 'cn-north-1', 'us-gov-west-1', 'us-iso-east-1', 'eusc-de-east-1'];
const OTHER_REGIONS = ['RegionOne', 'xx-nowhere-9', 'a region', 'a.region'];
const ENDPOINTS = [
  'https://obs.eu-de.otc.t-systems.com',
  'http://localhost:8080',
  'http://127.0.0.1:9000',
  'https://[::1]:9000/',
  'https://storage.example/s3',
  'http://storage.example:80/s3/',
  'https://storage.example:443',
  'https://storage.example/?a=b',
  'ftp://storage.example',
  'no url',
];
const FLAGS: readonly Partial<EndpointParameters>[] = [
  {},
  { ForcePathStyle: true },
  { UseFIPS: true },
  { UseDualStack: true },
  { UseFIPS: true, UseDualStack: true, ForcePathStyle: true },
];

/** The SDK also says on the console what is no URL. */
beforeAll(() => {
  jest.spyOn(console, 'error').mockReturnValue();
});
afterAll(() => {
  jest.restoreAllMocks();
});

/** Where the bucket is and how requests are signed, or why not. */
function told(resolve: () => { readonly url: URL; readonly properties?: object }) {
  try {
    const { url, properties } = resolve();
    return { url: url.href, properties };
  } catch (error) {
    return { name: (error as Error).name, message: (error as Error).message };
  }
}

describe.each(FLAGS)('the endpoint of a bucket with %j', (flags) => {
  test.each([...REGIONS, ...OTHER_REGIONS])('in %s is what the SDK says', (Region) => {
    for (const Bucket of BUCKETS) {
      const parameters = { Bucket, Region, UseFIPS: false, UseDualStack: false, ForcePathStyle: false, ...flags };
      expect([Bucket, told(() => defaultEndpointResolver(parameters))]).toEqual([
        Bucket,
        told(() => endpointProvider(parameters)),
      ]);
    }
  });

  test.each(ENDPOINTS)('at %s is what the SDK says', (Endpoint) => {
    for (const Bucket of BUCKETS) {
      for (const Region of ['eu-de', 'RegionOne', 'us-east-1']) {
        const parameters = { Bucket, Region, Endpoint, UseFIPS: false, UseDualStack: false, ...flags };
        expect([Bucket, told(() => defaultEndpointResolver(parameters))]).toEqual([
          Bucket,
          told(() => endpointProvider(parameters)),
        ]);
      }
    }
  });
});

test('without a region there is none', () => {
  expect(() => defaultEndpointResolver({ Bucket: 'drops' })).toThrow(
    'A region must be set when sending requests to S3.',
  );
});
