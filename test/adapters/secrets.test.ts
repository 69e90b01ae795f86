import { describe, expect, test } from '@jest/globals';
import { secretsClient } from '../../lambda/adapters/aws-clients.ts';
import { cachedSecret } from '../../lambda/adapters/secrets.ts';
import { answer, bodyOf, serve, unusedAddress } from '../support/http-server.ts';
import { failure } from '../support/outcome.ts';
import { useAws } from './aws-environment.ts';

type Answer = readonly [status: number, body: object];

/** Secrets Manager in its JSON protocol: gives these answers, the last of them again and again. */
async function secretsService(...answers: readonly Answer[]) {
  const asked: unknown[] = [];
  const url = await serve(async (request, response) => {
    asked.push([request.headers['x-amz-target'], JSON.parse(await bodyOf(request))]);
    const [status, body] = answers[Math.min(asked.length, answers.length) - 1] ?? [500, {}];
    answer(response, status, body, { 'content-type': 'application/x-amz-json-1.1' });
  });
  useAws(url);
  return asked;
}

const refusal = (name: string, message = 'words'): Answer => [400, { __type: name, message }];

describe('a secret', () => {
  test('is asked for by its id', async () => {
    const asked = await secretsService([200, { SecretString: 'clouds: {}' }]);
    const secret = cachedSecret(secretsClient(), 'clouds-secret', () => new Date());
    expect(await secret()).toBe('clouds: {}');
    expect(asked).toEqual([['secretsmanager.GetSecretValue', { SecretId: 'clouds-secret' }]]);
  });

  test('is read once in five minutes, also when it is asked for twice at the same time', async () => {
    const asked = await secretsService([200, { SecretString: 'old' }], [200, { SecretString: 'new' }]);
    let now = 0;
    const secret = cachedSecret(secretsClient(), 'a', () => new Date(now));
    expect(await Promise.all([secret(), secret()])).toEqual(['old', 'old']);
    now = 299_999;
    expect(await secret()).toBe('old');
    expect(asked).toHaveLength(1);
    now = 300_000;
    expect(await secret()).toBe('new');
  });

  test('is read again at once for somebody who asks for that, and has a version', async () => {
    await secretsService(
      [200, { SecretString: 'old', VersionId: 'v1' }],
      [200, { SecretString: 'new', VersionId: 'v2' }],
    );
    const secret = cachedSecret(secretsClient(), 'a', () => new Date(0));
    expect([await secret(), secret.version()]).toEqual(['old', 'v1']);
    expect([await secret.again(), secret.version(), await secret()]).toEqual(['new', 'v2', 'new']);
  });

  test('is asked for again when it could not be read', async () => {
    await secretsService(refusal('ResourceNotFoundException'), [200, { SecretString: 'there' }]);
    const secret = cachedSecret(secretsClient(), 'a', () => new Date(0));
    await failure(secret());
    expect(await secret()).toBe('there');
  });

  test.each([
    ['is not there', refusal('ResourceNotFoundException'), 'There is no secret a; it must hold the clouds.yaml.'],
    ['may not be read', refusal('AccessDeniedException'), 'The function may not read the secret a.'],
    [
      'is no text',
      [200, { SecretBinary: 'AAAA' }] as const,
      'The secret a holds no text; put the clouds.yaml into it as text.',
    ],
  ])('that %s is a bad clouds.yaml', async (_, given, message) => {
    await secretsService(given);
    const error = await failure(cachedSecret(secretsClient(), 'a', () => new Date())());
    expect(error).toMatchObject({ code: 'bad-clouds-yaml', message });
  });

  test('that the service does not give for another reason is aws-unavailable', async () => {
    await secretsService(refusal('DecryptionFailure'));
    expect(await failure(cachedSecret(secretsClient(), 'a', () => new Date())())).toMatchObject({
      code: 'aws-unavailable',
      retryable: true,
      message: 'The secret a could not be read: status 400, DecryptionFailure.',
    });
  });

  test('is aws-unavailable when nothing listens', async () => {
    useAws(await unusedAddress());
    const error = await failure(cachedSecret(secretsClient(), 'a', () => new Date())());
    expect(error).toMatchObject({ code: 'aws-unavailable', message: expect.stringContaining('ECONNREFUSED') });
  });
});
