import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { s3Client } from '../../lambda/adapters/aws-clients.ts';
import { s3Unpackings } from '../../lambda/adapters/s3-unpackings.ts';
import type { Unpacking } from '../../lambda/model/unpacking.ts';
import { type LocalS3, PLAIN, startLocalS3 } from '../local/s3/support/local-s3.ts';
import { failure } from '../support/outcome.ts';
import { useAws } from './aws-environment.ts';

let local: LocalS3;
beforeAll(async () => {
  local = await startLocalS3();
  useAws(local.server.endpoint);
});
afterAll(() => local.stop());

const NEW: Unpacking = { schema: 1, drop: { bucket: 'drops', key: 'a.xz', id: 'v1' } };
const leasedBy = (holder: string): Unpacking => ({ ...NEW, lease: { holder, until: '2026-01-02T03:04:05.000Z' } });

test('of two functions that begin at one time one gets the lease, and the other sees it', async () => {
  const take = (holder: string) =>
    s3Unpackings(s3Client(), PLAIN).change('raced.json', (stored) => (stored ? undefined : leasedBy(holder)));
  const [one, other] = await Promise.all([take('one'), take('other')]);
  expect(one).toEqual(other);
  expect(await s3Unpackings(s3Client(), PLAIN).load('raced.json')).toEqual(one);
});

test('a write whose answer was lost counts as written', async () => {
  const client = s3Client();
  const send = client.send.bind(client);
  let lost = 0;
  client.send = (async (command: PutObjectCommand) => {
    const answer = await send(command);
    if (!(command instanceof PutObjectCommand) || lost > 0) return answer;
    lost += 1;
    // What the SDK gets when it makes the call again.
    throw Object.assign(new Error('At least one of the conditions did not hold.'), {
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    });
  }) as typeof client.send;
  let decisions = 0;
  const decide = () => {
    decisions += 1;
    return leasedBy('one');
  };
  expect(await s3Unpackings(client, PLAIN).change('answered-late.json', decide)).toEqual(leasedBy('one'));
  expect({ lost, decisions }).toEqual({ lost: 1, decisions: 1 });
});

test('a decision to change nothing gives what is stored', async () => {
  const unpackings = s3Unpackings(s3Client(), PLAIN);
  expect(await unpackings.change('left.json', () => undefined)).toBeUndefined();
  await unpackings.change('left.json', () => NEW);
  expect(await unpackings.change('left.json', () => undefined)).toEqual(NEW);
});

test('a document that cannot be read is named, with what to do', async () => {
  await local.s3.send(new PutObjectCommand({ Bucket: PLAIN, Key: 'bad.json', Body: '{"schema":9}' }));
  expect(await failure(s3Unpackings(s3Client(), PLAIN).load('bad.json'))).toMatchObject({
    code: 'bad-record',
    message: 'bad.json has schema 9, but only 1 is known.',
    nextStep: expect.stringContaining('work bucket'),
  });
});
