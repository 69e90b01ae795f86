import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { s3Client } from '../../lambda/adapters/aws-clients.ts';
import { s3Beginnings } from '../../lambda/adapters/s3-document.ts';
import { type TargetBeginnings, withTargets } from '../../lambda/model/target-beginnings.ts';
import { type LocalS3, PLAIN, startLocalS3, VERSIONED } from '../local/s3/support/local-s3.ts';
import { failure } from '../support/outcome.ts';
import { useAws } from './aws-environment.ts';

let local: LocalS3;
beforeAll(async () => {
  local = await startLocalS3();
  useAws(local.server.endpoint);
});
afterAll(() => local.stop());

const NOW = new Date('2026-01-02T03:04:05.000Z');
const see =
  (...names: string[]) =>
  (stored: TargetBeginnings | undefined) =>
    withTargets(stored, names, { at: NOW, now: NOW });

test('two functions that see targets at one time note both', async () => {
  const [one, other] = [1, 2].map(() => s3Beginnings(s3Client(), PLAIN, () => NOW));
  expect(await one?.load()).toBeUndefined();
  await one?.change(see('here'));
  await Promise.all([one?.change(see('here', 'a')), other?.change(see('here', 'b'))]);
  const { Body: body } = await local.s3.send(new GetObjectCommand({ Bucket: PLAIN, Key: 'targets.json' }));
  const { targets } = JSON.parse((await body?.transformToString()) ?? '');
  expect(Object.keys(targets).sort()).toEqual(['a', 'b', 'here']);
  expect(targets.here).toEqual({ since: new Date(0).toISOString() });
});

test('a document that cannot be read is named', async () => {
  await local.s3.send(new PutObjectCommand({ Bucket: VERSIONED, Key: 'targets.json', Body: '{"schema":9}' }));
  const beginnings = s3Beginnings(s3Client(), VERSIONED, () => NOW);
  expect(await failure(beginnings.load())).toMatchObject({
    code: 'bad-record',
    message: 'targets.json has schema 9, but only 1 is known.',
  });
});
