import type { RequestListener } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { httpClient } from '../../lambda/adapters/http.ts';
import { lineOf } from '../../lambda/clouds/answers.ts';
import { endpointOpener } from '../../lambda/endpoints/registry.ts';
import { source } from '../support/bytes.ts';
import { newImage, TARGETS } from '../support/endpoint-fixture.ts';
import { answer, bodyOf, serve } from '../support/http-server.ts';
import { failure } from '../support/outcome.ts';

/** With characters that JSON and addresses write differently. */
const PASSWORD = 'pass"word/ü&1234';
/** Of the form that Keystone gave before Fernet: nothing tells it from any other id. */
const TOKEN = '0123456789abcdef0123456789abcdef';
const PRESIGNED =
  'https://bucket.s3.example/a.img?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAEXAMPLE%2F20260101%2Fs3' +
  '&X-Amz-Security-Token=IQoJb3JpZ2lu&X-Amz-Signature=0011223344556677';
const SECRETS = [PASSWORD, JSON.stringify(PASSWORD).slice(1, -1), encodeURIComponent(PASSWORD), TOKEN];

/** A service that shows in its errors all that it was sent, as a proxy in debug mode does. */
async function openTalkative(auth: object, refusesToLogIn = false) {
  const listener: RequestListener = async (request, response) => {
    const body = await bodyOf(request);
    if (request.url?.endsWith('/auth/tokens') && !refusesToLogIn) {
      const life = { issued_at: '2026-11-01T10:00:00Z', expires_at: '2026-11-01T11:00:00Z' };
      const catalog = [{ type: 'image', endpoints: [{ interface: 'public', region: 'R', url }] }];
      return answer(response, 201, { token: { ...life, catalog } }, { 'x-subject-token': TOKEN });
    }
    answer(response, 400, `Bad: ${request.url} ${JSON.stringify(request.headers)} ${body}`);
  };
  const url: string = await serve(listener);
  const cloudsYaml = stringify({ clouds: { here: { ...auth, auth: { ...Object(auth).auth, auth_url: url } } } });
  return endpointOpener({ httpFor: () => httpClient(), now: () => new Date() })(cloudsYaml, TARGETS.glance);
}

const BY_PASSWORD = { auth: { user_id: 'u', password: PASSWORD, project_id: 'p' } };

describe('an endpoint that shows what it was sent', () => {
  test.each([
    ['password', BY_PASSWORD],
    [
      'v3applicationcredential',
      {
        auth_type: 'v3applicationcredential',
        auth: { application_credential_id: 'c', application_credential_secret: PASSWORD },
      },
    ],
    ['token', { auth_type: 'token', auth: { token: PASSWORD, project_id: 'p' } }],
  ])('gets no secret of a login by %s into an error', async (_type, auth) => {
    const error = await failure((await openTalkative(auth, true)).get('an-image'));
    expect(error.message).toContain('[…]');
    for (const secret of SECRETS) expect(error.message).not.toContain(secret);
  });

  test('gets no token into an error', async () => {
    const endpoint = await openTalkative(BY_PASSWORD);
    const upload = endpoint.upload('an-image', source(10), 10, new AbortController().signal);
    for (const work of [endpoint.get('an-image'), endpoint.create(newImage()), upload]) {
      const { message } = await failure(work);
      expect(message).toContain('"x-auth-token":"[…]"');
      expect(message).not.toContain(TOKEN);
    }
  });

  test('gets no presigned URL into an error', async () => {
    const endpoint = await openTalkative(BY_PASSWORD);
    const { message } = await failure(endpoint.imports?.begin('an-image', PRESIGNED) ?? Promise.resolve());
    expect(message).toContain('Bad:');
    expect(message).not.toMatch(/0011223344556677|AKIAEXAMPLE|IQoJb3JpZ2lu/);
  });
});

describe('the words of a service', () => {
  test.each([
    [`fetching ${PRESIGNED} failed`, 'fetching https://bucket.s3.example/a.img?[…] failed'],
    ['no /a.img?X-Amz-Signature=0011&a=b', 'no /a.img?X-Amz-Signature=[…]&a=b'],
    ['AccessKeyId=AK1&Expires=1&Signature=abc%3D', 'AccessKeyId=[…]&Expires=1&Signature=[…]'],
    ['X-Amz-Credential%3DAKIA', 'X-Amz-Credential%3D[…]'],
    ['by https://user:pass@proxy.example/x', 'by https://proxy.example/x'],
    ['X-Auth-Token: gAAAAABmsecret-_token=', 'X-Auth-Token: […]'],
  ])('%j become %j', (text, line) => {
    expect(lineOf(text)).toBe(line);
  });

  test('are one short line, whatever is sent', () => {
    expect(lineOf('<b>a</b>\r\n\tb '.repeat(100_000)).length).toBeLessThanOrEqual(300);
  });
});
