import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { expect, test } from '@jest/globals';
import { s3Client } from '../../lambda/adapters/aws-clients.ts';
import { WATCHDOG_LIMITS } from '../../lambda/transfer/watchdog.ts';
import { answer, serve } from '../support/http-server.ts';
import { useAws } from './aws-environment.ts';

async function requestsOf(status: number) {
  const urls: (string | undefined)[] = [];
  useAws(
    await serve((request, response) => {
      urls.push(request.url);
      answer(response, urls.length === 1 ? status : 200);
    }),
  );
  const client = s3Client();
  await client.send(new HeadBucketCommand({ Bucket: 'drops' }));
  return { client, urls };
}

test('a bucket behind an address is part of the path, not of the host name', async () => {
  expect((await requestsOf(200)).urls).toEqual(['/drops/']);
});

test('a call that S3 has no time for is made again', async () => {
  expect((await requestsOf(503)).urls).toHaveLength(2);
});

test('a silent connection breaks, and can be opened anew twice, before the watchdog gives up the transfer', async () => {
  const { client } = await requestsOf(200);
  const handler = client.config.requestHandler as unknown as { httpHandlerConfigs(): { socketTimeout: number } };
  const { socketTimeout } = handler.httpHandlerConfigs();
  expect(socketTimeout).toBeGreaterThan(0);
  expect(2 * socketTimeout).toBeLessThan(WATCHDOG_LIMITS.stallSeconds * 1000);
});
