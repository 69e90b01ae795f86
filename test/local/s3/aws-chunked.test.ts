import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { ChunkSignatures, decodeAwsChunked } from '../../../local/s3/aws-chunked.ts';
import { hmac } from './support/signer.ts';

const CHUNK_BYTES = [1, 3, 7, 13, 64, 65_536, Number.MAX_SAFE_INTEGER];

// The examples of the S3 API reference: 65 KiB of "a", in chunks of 64 KiB and 1 KiB.
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const CONTENT = 'a'.repeat(66_560);
const SIGNED = {
  seed: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  chunks: [
    'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
    '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
    'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
  ],
  trailer: '',
};
const WITH_TRAILER = {
  seed: '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
  chunks: [
    'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
    '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
    '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
  ],
  trailer:
    'x-amz-checksum-crc32c:sOO8/Q==\r\n' +
    'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n',
};

describe('a body in signed chunks', () => {
  test.each(CHUNK_BYTES)('of the API reference is read when it arrives in pieces of %i bytes', async (bytes) => {
    expect(await decode(encode(SIGNED), { seed: SIGNED.seed, bytes })).toEqual({ content: CONTENT, trailers: [] });
  });

  test.each(CHUNK_BYTES)('with a trailer is read when it arrives in pieces of %i bytes', async (bytes) => {
    const trailers = [['x-amz-checksum-crc32c', 'sOO8/Q==']];
    expect(await decode(encode(WITH_TRAILER), { seed: WITH_TRAILER.seed, bytes })).toEqual({
      content: CONTENT,
      trailers,
    });
  });

  test('is refused when a byte of a chunk is another', async () => {
    const body = encode(SIGNED).replace('\r\na', '\r\nb');
    await expect(decode(body, { seed: SIGNED.seed })).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
  });

  test('is refused when a chunk is missing', async () => {
    const [first = '', , last = ''] = SIGNED.chunks;
    const body = `10000;chunk-signature=${first}\r\n${CONTENT.slice(0, 65_536)}\r\n0;chunk-signature=${last}\r\n\r\n`;
    await expect(decode(body, { seed: SIGNED.seed })).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
  });

  test('is refused when the trailer is another', async () => {
    const body = encode(WITH_TRAILER).replace('sOO8/Q==', 'sOO8/A==');
    await expect(decode(body, { seed: WITH_TRAILER.seed })).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
  });

  test('is refused without signatures', async () => {
    await expect(decode('1\r\na\r\n0\r\n\r\n', { seed: SIGNED.seed })).rejects.toMatchObject({
      code: 'SignatureDoesNotMatch',
    });
  });
});

describe('a body in unsigned chunks', () => {
  test.each(CHUNK_BYTES)('is read when it arrives in pieces of %i bytes', async (bytes) => {
    const body = '3\r\nab\r\r\nA\r\n0123456789\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n';
    expect(await decode(body, { bytes })).toEqual({
      content: 'ab\r0123456789',
      trailers: [['x-amz-checksum-crc32', 'AAAAAA==']],
    });
  });

  test.each([
    ['ends inside a chunk', '5\r\nabc', 'IncompleteBody'],
    ['ends before the last chunk', '3\r\nabc\r\n', 'IncompleteBody'],
    ['ends before the empty line', '3\r\nabc\r\n0\r\n', 'IncompleteBody'],
    ['has more in a chunk than its header says', '3\r\nabcd\r\n0\r\n\r\n', 'IncompleteBody'],
    ['has a size that is none', 'xyz\r\nabc\r\n0\r\n\r\n', 'IncompleteBody'],
    ['has a header without end', '1'.repeat(5000), 'IncompleteBody'],
    ['has a trailer without a colon', '0\r\nabc\r\n\r\n', 'MalformedTrailerError'],
    ['has trailers without end', `0\r\n${'a:b\r\n'.repeat(100)}\r\n`, 'MalformedTrailerError'],
  ])('that %s is refused', async (_, body, code) => {
    await expect(decode(body, {})).rejects.toMatchObject({ code });
  });
});

function encode({ chunks, trailer }: typeof SIGNED): string {
  const [first, second, last] = chunks;
  return (
    `10000;chunk-signature=${first}\r\n${CONTENT.slice(0, 65_536)}\r\n` +
    `400;chunk-signature=${second}\r\n${CONTENT.slice(65_536)}\r\n` +
    `0;chunk-signature=${last}\r\n${trailer}\r\n`
  );
}

async function decode(body: string, { seed, bytes = 64 }: { seed?: string; bytes?: number }) {
  const trailers: [string, string][] = [];
  const signatures = seed === undefined ? undefined : new ChunkSignatures(seedOf(seed));
  const decoded = decodeAwsChunked(pieces(Buffer.from(body), bytes), {
    signatures,
    onTrailer: (name, value) => trailers.push([name, value]),
  });
  return { content: await text(decoded), trailers };
}

async function* pieces(body: Buffer, bytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; at += bytes) yield body.subarray(at, Math.min(at + bytes, body.length));
}

function seedOf(signature: string) {
  const scope = '20130524/us-east-1/s3/aws4_request';
  const signingKey = scope.split('/').reduce<Buffer>(hmac, Buffer.from(`AWS4${SECRET}`));
  const principal = { name: 'example', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: SECRET };
  return { principal, signingKey, timestamp: '20130524T000000Z', scope, signature };
}
