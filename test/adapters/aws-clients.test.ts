import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { SILENCE_TIMEOUT_MS, type StagingAccess, s3Client, stagingClient } from '../../lambda/adapters/aws-clients.ts';
import { WATCHDOG_LIMITS } from '../../lambda/transfer/transfer.ts';
import { AUTHORITY, certificate } from '../support/certificates.ts';
import { answer, serve, serveTls } from '../support/http-server.ts';
import { useAws } from './aws-environment.ts';

async function requestsOf(status: number) {
  const urls: (string | undefined)[] = [];
  useAws(
    await serve((request, response) => {
      urls.push(request.url);
      answer(response, urls.length === 1 ? status : 200);
    }),
  );
  await s3Client().send(new HeadBucketCommand({ Bucket: 'drops' }));
  return urls;
}

test('a bucket behind an address is part of the path, not of the host name', async () => {
  expect(await requestsOf(200)).toEqual(['/drops/']);
});

test('a call that S3 has no time for is made again', async () => {
  expect(await requestsOf(503)).toHaveLength(2);
});

test('a silent connection breaks, and can be opened anew twice, before the watchdog gives up the transfer', () => {
  expect(2 * SILENCE_TIMEOUT_MS).toBeLessThan(WATCHDOG_LIMITS.stallSeconds * 1000);
});

describe('the certificate of another object storage', () => {
  async function head(trust: Pick<StagingAccess, 'verify' | 'cacert'>) {
    const endpoint = await serveTls(certificate('localhost'), (_, response) => answer(response, 200));
    const keys = { accessKeyId: 'key', secretAccessKey: 'secret' };
    const client = stagingClient({ endpoint, region: 'here', ...keys, ...trust });
    return client.send(new HeadBucketCommand({ Bucket: 'staging' })).finally(() => client.destroy());
  }

  test('is checked', async () => {
    await expect(head({ verify: true })).rejects.toThrow('unable to verify the first certificate');
  });

  test('may be of a private authority', async () => {
    await head({ verify: true, cacert: AUTHORITY });
  });

  test('is not checked where that is asked for', async () => {
    await head({ verify: false });
  });
});
