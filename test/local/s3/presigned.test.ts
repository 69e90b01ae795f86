import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LocalS3, OPERATOR, ROLE, startLocalS3 } from './support/local-s3.ts';
import { presign } from './support/signer.ts';

let local: LocalS3;
beforeAll(async () => {
  local = await startLocalS3();
});
afterAll(() => local.stop());

describe('a presigned URL', () => {
  const urlFor = (
    method: string,
    now: Date,
    more: { query?: Record<string, string>; principal?: typeof ROLE; expiresSeconds?: number } = {},
  ) => {
    const headers = { host: new URL(local.server.endpoint).host };
    const { principal = OPERATOR, query = {}, expiresSeconds = 60 } = more;
    const signed = presign(
      { method, path: '/versioned/presigned', headers, query },
      { principal, now },
      expiresSeconds,
    );
    return `${local.server.endpoint}/versioned/presigned?${signed}`;
  };

  test('puts and gets an object by fetch, with headers of its own for the answer', async () => {
    const put = await fetch(urlFor('PUT', new Date()), { method: 'PUT', body: 'by fetch' });
    expect(put.status).toBe(200);
    const query = { 'response-content-disposition': 'attachment; filename="a b"', 'response-content-type': 'text/x' };
    const got = await fetch(urlFor('GET', new Date(), { query }));
    expect(await got.text()).toBe('by fetch');
    expect(got.headers.get('content-disposition')).toBe('attachment; filename="a b"');
    expect(got.headers.get('content-type')).toBe('text/x');
  });

  test('is refused when it has expired', async () => {
    const got = await fetch(urlFor('GET', new Date(Date.now() - 61_000)));
    expect(got.status).toBe(403);
    expect(await got.text()).toMatch(/<Code>AccessDenied<\/Code><Message>Request has expired<\/Message>/);
  });

  test.each([
    [7 * 86_400, 200, undefined],
    [7 * 86_400 + 1, 400, 'AuthorizationQueryParametersError'],
    [-1, 400, 'AuthorizationQueryParametersError'],
  ])('that is to hold for %i seconds is answered with %i %s', async (expiresSeconds, status, code) => {
    const got = await fetch(urlFor('GET', new Date(), { expiresSeconds }));
    expect([got.status, /<Code>(.*)<\/Code>/.exec(await got.text())?.[1]]).toEqual([status, code]);
  });

  test('holds for its method only', async () => {
    expect((await fetch(urlFor('GET', new Date()), { method: 'PUT', body: 'x' })).status).toBe(403);
  });

  test('may do what its signer may', async () => {
    local.grant();
    expect((await fetch(urlFor('PUT', new Date(), { principal: ROLE }), { method: 'PUT', body: 'x' })).status).toBe(
      403,
    );
  });

  test('gives headers that stand in its query their force', async () => {
    const query = { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-meta-name': 'ü' };
    const refused = await fetch(urlFor('PUT', new Date(), { query }), { method: 'PUT', body: 'not empty' });
    expect(await refused.text()).toContain('<Code>BadDigest</Code>');
    const taken = await fetch(urlFor('PUT', new Date(), { query }), { method: 'PUT', body: '' });
    expect(taken.status).toBe(200);
  });
});
