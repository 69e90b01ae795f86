import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { s3Client } from '../../lambda/adapters/aws-clients.ts';
import { s3Logins } from '../../lambda/adapters/s3-logins.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { type LocalS3, PLAIN, startLocalS3 } from '../local/s3/support/local-s3.ts';
import { failure } from '../support/outcome.ts';
import { useAws } from './aws-environment.ts';

let local: LocalS3;
beforeAll(async () => {
  local = await startLocalS3();
  useAws(local.server.endpoint);
});
afterAll(() => local.stop());

/** Environments of functions that share a bucket, a secret and a cloud, which counts what it is asked. */
function world(target: string, isRight: (version: string) => boolean) {
  const shared = { now: Date.parse('2026-01-02T03:04:05Z'), version: 'v1', attempts: 0, underWay: 0, most: 0 };
  const cloud = async (): Promise<string> => {
    shared.attempts += 1;
    shared.underWay += 1;
    shared.most = Math.max(shared.most, shared.underWay);
    const version = shared.version;
    await new Promise((resolve) => setImmediate(resolve));
    shared.underWay -= 1;
    if (isRight(version)) return 'token';
    throw new ImageDropError('unauthorized', 'Wrong password.', { wholeTarget: true });
  };
  const environment = (patienceMs = 2000) => {
    const options = { now: () => new Date(shared.now), version: () => shared.version };
    const attempt = s3Logins(s3Client(), PLAIN, { ...options, patience: { ms: patienceMs, lookMs: 5 } });
    return (isDoubtful = false, work = cloud) => attempt(target, isDoubtful, work);
  };
  const minutes = (count: number): void => {
    shared.now += count * 60_000;
  };
  return { shared, environment, minutes };
}

const outcomes = async (logins: readonly Promise<string>[]) =>
  (await Promise.allSettled(logins)).map((one) => (one.status === 'fulfilled' ? one.value : one.reason.code));

describe('the logins of many functions', () => {
  test('try credentials once, and all use them that were accepted', async () => {
    const { shared, environment } = world('right', () => true);
    const environments = Array.from({ length: 8 }, () => environment());
    expect(await outcomes(environments.map((login) => login()))).toEqual(Array(8).fill('token'));
    expect(shared.attempts).toBe(8);
  });

  test('that start together try a wrong password once', async () => {
    const { shared, environment } = world('wrong', () => false);
    const environments = Array.from({ length: 12 }, () => environment());
    expect(await outcomes(environments.map((login) => login()))).toEqual(Array(12).fill('unauthorized'));
    expect(shared.attempts).toBe(1);
  });

  test('try a password that was good once, when the tokens of all of them are refused', async () => {
    let isChanged = false;
    const { shared, environment } = world('rotated', () => !isChanged);
    const environments = Array.from({ length: 8 }, () => environment());
    await outcomes(environments.map((login) => login()));
    isChanged = true;
    shared.now += 1000;
    shared.attempts = 0;
    expect(await outcomes(environments.map((login) => login(true)))).toEqual(Array(8).fill('unauthorized'));
    expect(shared.attempts).toBe(1);
  });

  test('leave refused credentials alone for a pause that grows, and try new ones at once', async () => {
    const { shared, environment, minutes } = world('growing', (version) => version === 'v2');
    const login = environment();
    for (const pause of [1, 4, 16, 60, 60]) {
      const attempts = shared.attempts + 1;
      await failure(login());
      expect(shared.attempts).toBe(attempts);
      minutes(pause - 0.1);
      const error = await failure(login());
      expect(error).toMatchObject({ code: 'unauthorized', wholeTarget: true });
      expect(error.message).toMatch(/^Wrong password\. These credentials are not tried again before 2026-/);
      expect(shared.attempts).toBe(attempts);
      minutes(0.1);
    }
    await failure(login());
    shared.version = 'v2';
    expect(await login()).toBe('token');
  });

  test('are not held up by a cloud that was away, or by a function that has died', async () => {
    const { environment, minutes } = world('away', () => true);
    const away = async () => {
      throw new ImageDropError('endpoint-unavailable', 'Away.');
    };
    expect(await failure(environment()(false, away))).toMatchObject({ code: 'endpoint-unavailable' });
    void environment()(false, () => new Promise(() => {}));
    let isTrying = false;
    while (!isTrying) isTrying = (await stored('away')).includes('trying');
    const error = await failure(environment(50)());
    expect(error).toMatchObject({ code: 'endpoint-busy', retryable: true });
    minutes(1);
    expect(await environment()()).toBe('token');
  });

  test('write no more than the version of the secret', async () => {
    const { environment } = world('file', () => false);
    await failure(environment()());
    expect(JSON.parse(await stored('file'))).toEqual({
      target: 'file',
      version: 'v1',
      outcome: 'refused',
      at: '2026-01-02T03:04:05.000Z',
      until: '2026-01-02T03:05:05.000Z',
      refusals: 1,
      message: 'Wrong password.',
    });
  });
});

async function stored(target: string): Promise<string> {
  const { Body: body } = await local.s3.send(new GetObjectCommand({ Bucket: PLAIN, Key: `logins/${target}.json` }));
  return (await body?.transformToString()) ?? '';
}
