import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { s3Client } from '../../lambda/adapters/aws-clients.ts';
import { s3Pauses } from '../../lambda/adapters/s3-pauses.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { TargetPause } from '../../lambda/model/target-pause.ts';
import { type LocalS3, PLAIN, startLocalS3 } from '../local/s3/support/local-s3.ts';
import { failure } from '../support/outcome.ts';
import { useAws } from './aws-environment.ts';

let local: LocalS3;
beforeAll(async () => {
  local = await startLocalS3();
  useAws(local.server.endpoint);
});
afterAll(() => local.stop());

const busy = new ImageDropError('endpoint-busy', 'Busy.', { wholeTarget: true });

/** One environment of a function. */
function environment(clock = { now: Date.now() }, bucket = PLAIN) {
  const counted: TargetPause[] = [];
  const count = (pause: TargetPause) => void counted.push(pause);
  return { clock, counted, pauses: s3Pauses(s3Client(), bucket, { now: () => new Date(clock.now), count }) };
}

const stored = async (target: string): Promise<TargetPause> => {
  const { Body: body } = await local.s3.send(new GetObjectCommand({ Bucket: PLAIN, Key: `targets/${target}.json` }));
  return JSON.parse((await body?.transformToString()) ?? '');
};

describe('the pause of a target', () => {
  test('that begins in one environment is heard of in the others, and counted once', async () => {
    const [one, other] = [environment(), environment()];
    expect(await other.pauses.of('heard')).toBeUndefined();
    const pause = await one.pauses.begin({ target: 'heard', stage: 'upload' }, busy);
    expect(await one.pauses.begin({ target: 'heard', stage: 'upload' }, busy)).toEqual(pause);
    expect(one.counted).toEqual([pause]);
    expect(await other.pauses.of('heard')).toBeUndefined();
    other.clock.now += 5000;
    expect(await other.pauses.of('heard')).toEqual(pause);
  });

  test('that two begin at the same moment is one', async () => {
    const environments = Array.from({ length: 8 }, () => environment());
    const pauses = await Promise.all(
      environments.map(({ pauses: each }) => each.begin({ target: 'race', stage: 'upload' }, busy)),
    );
    expect(pauses.map(({ times }) => times)).toEqual(Array(8).fill(1));
    expect(environments.flatMap(({ counted }) => counted)).toHaveLength(1);
  });

  test('ends when a drop got through, and then costs no request', async () => {
    const { pauses } = environment();
    await pauses.begin({ target: 'ended', stage: 'upload' }, busy);
    await pauses.end('ended', 'upload');
    const { endedAt } = await stored('ended');
    expect(endedAt).toEqual(expect.any(String));
    await pauses.end('ended', 'upload');
    expect((await stored('ended')).endedAt).toBe(endedAt);
  });

  test('that was lengthened meanwhile is not ended by one who did not know', async () => {
    const clock = { now: Date.now() };
    const [one, other] = [environment(clock), environment(clock)];
    await one.pauses.begin({ target: 'longer', stage: 'upload' }, busy);
    await other.pauses.of('longer');
    clock.now += 6000;
    await one.pauses.begin({ target: 'longer', stage: 'upload' }, busy);
    await other.pauses.end('longer', 'upload');
    expect(await stored('longer')).toMatchObject({ times: 2 });
    expect((await stored('longer')).endedAt).toBeUndefined();
  });

  test('that somebody has broken by hand is overwritten', async () => {
    await local.s3.send(new PutObjectCommand({ Bucket: PLAIN, Key: 'targets/broken.json', Body: 'what?' }));
    const { pauses } = environment();
    expect(await pauses.of('broken')).toBeUndefined();
    expect(await pauses.begin({ target: 'broken', stage: 'upload' }, busy)).toMatchObject({ times: 1 });
    expect(await stored('broken')).toMatchObject({ code: 'endpoint-busy' });
  });

  test('fails with aws-unavailable where there is no bucket', async () => {
    const { pauses } = environment(undefined, 'missing');
    expect(await failure(pauses.of('t'))).toMatchObject({ code: 'aws-unavailable' });
  });

  test('for want of room is not ended by who needed none', async () => {
    const { pauses } = environment();
    await pauses.begin({ target: 'full', stage: 'ingest' }, new ImageDropError('quota-exceeded', 'Full.'));
    await pauses.end('full', 'status');
    expect((await stored('full')).endedAt).toBeUndefined();
  });
});
