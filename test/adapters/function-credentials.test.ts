import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { defaultProvider } from '../../lambda/adapters/function-credentials.ts';
import { EventStreamSerde, resolveEventStreamSerdeConfig } from '../../lambda/adapters/no-event-streams.ts';
import { answer, serve } from '../support/http-server.ts';

const by = (variables: Record<string, string>) => defaultProvider({}, variables)();

test('the keys of a function are those that Lambda gives it', async () => {
  const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
  expect(await by(keys)).toEqual({ accessKeyId: 'id', secretAccessKey: 'secret' });
  expect(await by({ ...keys, AWS_SESSION_TOKEN: 'token' })).toMatchObject({ sessionToken: 'token' });
});

test('they are read anew each time, for an environment may get others', async () => {
  const variables = { AWS_ACCESS_KEY_ID: 'one', AWS_SECRET_ACCESS_KEY: 'secret' };
  const provider = defaultProvider(undefined, variables);
  await provider();
  variables.AWS_ACCESS_KEY_ID = 'two';
  expect(await provider()).toMatchObject({ accessKeyId: 'two' });
});

const GIVEN = { AccessKeyId: 'id', SecretAccessKey: 'secret', Token: 'token', Expiration: '2030-01-01T00:00:00Z' };

test('where there are none, an agent beside the function is asked for keys that end', async () => {
  const url = await serve((request, response) =>
    answer(response, request.headers.authorization === 'word' ? 200 : 401, GIVEN),
  );
  const at = { AWS_CONTAINER_CREDENTIALS_FULL_URI: url };
  const keys = {
    accessKeyId: 'id',
    secretAccessKey: 'secret',
    sessionToken: 'token',
    expiration: new Date(GIVEN.Expiration),
  };
  expect(await by({ ...at, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'word' })).toEqual(keys);
  const folder = await mkdtemp(join(tmpdir(), 'token-'));
  await writeFile(join(folder, 'token'), 'word\n');
  expect(await by({ ...at, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(folder, 'token') })).toEqual(keys);
  await rm(folder, { recursive: true });
  await expect(by(at)).rejects.toThrow('the agent for them answers 401');
});

test('keys that end at no time and need no token are taken, an answer without keys is not', async () => {
  const { AccessKeyId, SecretAccessKey } = GIVEN;
  const at = async (body: object) => ({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: await serve((_, response) => answer(response, 200, body)),
  });
  expect(await by(await at({ AccessKeyId, SecretAccessKey }))).toEqual({
    accessKeyId: 'id',
    secretAccessKey: 'secret',
  });
  await expect(by(await at({ AccessKeyId }))).rejects.toThrow('gives none');
});

test('no keys at all are named as such', async () => {
  await expect(by({ AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: '' })).rejects.toMatchObject({
    name: 'CredentialsProviderError',
    message: expect.stringContaining('AWS_CONTAINER_CREDENTIALS_FULL_URI'),
  });
});

test('what stands in for event streams passes settings on, and says so when it is used', () => {
  const settings = {};
  expect(resolveEventStreamSerdeConfig(settings)).toBe(settings);
  expect(() => EventStreamSerde()).toThrow('without event streams');
});
