import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../lambda/clouds/answers.ts';
import { IMS_CODES } from '../../lambda/endpoints/ims.ts';

function read(status: number, text = '', headers: Record<string, string> = {}) {
  return refusal({ status, headers, text }, 'Creating image "x" at here');
}

describe('an answer that is not a success', () => {
  test.each([
    [400, 'invalid-request', false],
    [401, 'unauthorized', true],
    [403, 'forbidden', false],
    [409, 'endpoint-busy', true],
    [410, 'image-lost', true],
    [429, 'endpoint-busy', true],
    [500, 'endpoint-unavailable', true],
    [502, 'endpoint-unavailable', true],
    [503, 'endpoint-unavailable', true],
    [504, 'endpoint-unavailable', true],
    [302, 'endpoint-answer', true],
    [404, 'endpoint-answer', true],
    [418, 'endpoint-answer', true],
  ])('of status %i is %s', (status, code, retryable) => {
    expect(read(status)).toMatchObject({ code, retryable });
  });

  test.each([
    ['Resource image_count_total is over limit of 1 due to current usage 1 and delta 1', 'quota-exceeded'],
    ['Resource image_size_total is over limit of 10 due to current usage 9 and delta 5', 'quota-exceeded'],
    ['Resource image_count_uploading is over limit of 1 due to current usage 1 and delta 1', 'endpoint-busy'],
    ['Image exceeds the storage quota: The size of the data 10 will exceed the limit.', 'quota-exceeded'],
    ['Image storage media is full: There is not enough disk space on the image storage media.', 'store-full'],
    ['The limit has been exceeded on the number of allowed image properties.', 'invalid-request'],
    ['The incoming image is too large: The provided image is too large.', 'too-large'],
    ['<center><h1>413 Request Entity Too Large</h1></center><hr><center>nginx</center>', 'too-large'],
  ])('of status 413 that says "%s" is %s', (words, code) => {
    expect(read(413, words)).toMatchObject({ code });
  });

  test.each([
    ['The request media type application/octet-stream is not supported by this server.', 'content-refused'],
    ['Image declared as qcow2 has content of raw.', 'content-refused'],
    ['Invalid content type text/plain', 'endpoint-answer'],
    ['The request media type text/plain is not supported by this server.', 'endpoint-answer'],
  ])('of status 415 that says "%s" is %s', (words, code) => {
    expect(read(415, words)).toMatchObject({ code });
  });

  test.each([
    ['120', {}, 120],
    ['Wed, 21 Oct 2026 07:28:30 GMT', { date: 'Wed, 21 Oct 2026 07:28:00 GMT' }, 30],
    ['Wed, 21 Oct 2026 07:27:00 GMT', { date: 'Wed, 21 Oct 2026 07:28:00 GMT' }, 0],
    ['soon', {}, undefined],
    ['31536000', {}, 3600],
    ['9999999999999', {}, 3600],
    ['Fri, 31 Dec 9999 23:59:59 GMT', { date: 'Fri, 02 Jan 2026 03:04:05 GMT' }, 3600],
  ])('with Retry-After: %s and %j is busy and waits for %s s', (value, headers, retryAfterSeconds) => {
    expect(read(503, '', { 'retry-after': value, ...headers })).toMatchObject({
      code: 'endpoint-busy',
      retryAfterSeconds,
    });
  });

  test.each(Object.entries(IMS_CODES))('of IMS with code %s is %s', (code, expected) => {
    const text = JSON.stringify({ error: { code, message: 'No.' } });
    const error = refusal({ status: 400, headers: {}, text }, 'Asking', IMS_CODES);
    expect(error).toMatchObject({ code: expected, message: `Asking was answered with 400: ${code}: No.` });
  });
});

describe('the words of an answer', () => {
  test.each([
    [
      'HTML',
      '<html><head><title>409 Conflict</title></head><body><h1>409 Conflict</h1>It is &lt;saving&gt;.<br /></body></html>',
      '409 Conflict It is <saving>.',
    ],
    ["Glance's JSON", '{"message": "Image exists.<br /><br />\\n\\n", "code": "409 Conflict"}', 'Image exists.'],
    ["Keystone's JSON", '{"error": {"code": 401, "message": "Not you.", "title": "Unauthorized"}}', 'Not you.'],
    ["the gateway's JSON", '{"error_msg": "Too fast.", "error_code": "APIGW.0308"}', 'APIGW.0308: Too fast.'],
    ["Nova's way", '{"overLimit": {"message": "Slow down.", "code": 413}}', 'Slow down.'],
    ['other JSON', '{"a": 1}', '{"a": 1}.'],
    ['a fernet token', `Token gAAAAABl${'x-_'.repeat(60)}= is bad.`, 'Token […] is bad.'],
    ['a long opaque token', `Token ${'MIIa+/'.repeat(30)} is bad.`, 'Token […] is bad.'],
  ])('are taken from %s', (_, text, words) => {
    expect(read(400, text).message).toBe(`Creating image "x" at here was answered with 400: ${words}`);
  });

  test('are cut at 300 characters', () => {
    const { message } = read(400, 'many words '.repeat(10_000));
    expect(message).toHaveLength('Creating image "x" at here was answered with 400: '.length + 300);
    expect(message).toMatch(/…$/);
  });

  test('may be none', () => {
    expect(read(500).message).toBe('Creating image "x" at here was answered with 500.');
  });
});
