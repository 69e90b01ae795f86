import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  codeOf,
  type LocalS3,
  OPERATOR,
  PLAIN,
  type RawAnswer,
  send,
  sendSigned,
  startLocalS3,
} from './support/local-s3.ts';
import { hmac, type SignedWith, sha256, sign } from './support/signer.ts';

let local: LocalS3;
beforeAll(async () => {
  local = await startLocalS3();
});
afterAll(() => local.stop());

describe('content that is not what the client meant', () => {
  const right = 'the right bytes';
  test.each([
    ['BadDigest', { 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' }],
    ['InvalidDigest', { 'content-md5': 'short' }],
    ['InvalidDigest', { 'content-md5': '' }],
    ['BadDigest', { 'x-amz-checksum-crc32': 'AAAAAA==' }],
    ['BadDigest', { 'x-amz-checksum-crc32c': 'AAAAAA==' }],
    ['BadDigest', { 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=' }],
    ['BadDigest', { 'x-amz-checksum-sha1': 'AAAA' }],
    ['BadDigest', { 'x-amz-checksum-sha256': 'AAAA' }],
    ['InvalidRequest', { 'x-amz-checksum-sha1': 'AAAA', 'x-amz-checksum-sha256': 'AAAA' }],
  ])('is refused with %s for %j, and leaves nothing', async (code, headers) => {
    const request = { path: `/${PLAIN}/wrong`, headers: headers as Record<string, string> };
    const put = await sendSigned(local.server.endpoint, { method: 'PUT', ...request }, right);
    expect([put.status, codeOf(put)]).toEqual([400, code]);
    const get = await sendSigned(local.server.endpoint, { method: 'GET', path: request.path });
    expect(codeOf(get)).toBe('NoSuchKey');
  });

  test('in a trailer is refused', async () => {
    const body = '3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n';
    expect(codeOf(await putChunked(body, '3'))).toBe('BadDigest');
  });

  test.each([
    ['has another length', '3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n', '4', 'IncompleteBody'],
    ['is longer', '3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n', '2', 'IncompleteBody'],
    ['lacks the trailer', '3\r\nabc\r\n0\r\n\r\n', '3', 'MalformedTrailerError'],
    ['has another trailer', '3\r\nabc\r\n0\r\nx-amz-checksum-crc32c:AAAAAA==\r\n\r\n', '3', 'MalformedTrailerError'],
  ])('that %s than announced is refused', async (_, body, length, code) => {
    expect(codeOf(await putChunked(body, length))).toBe(code);
  });

  test('in chunks that are right is taken', async () => {
    const body = '3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n';
    expect(await putChunked(body, '3')).toMatchObject({ status: 200, headers: { 'x-amz-checksum-crc32': 'NSRBwg==' } });
  });
});

describe('content in signed chunks', () => {
  test('is taken when every signature is right', async () => {
    const put = await putSignedChunks((chunks) => chunks);
    expect(put.status).toBe(200);
    const got = await sendSigned(local.server.endpoint, { method: 'GET', path: `/${PLAIN}/chunked` });
    expect(got.text).toBe('abcdef');
    expect(got.headers['content-encoding']).toBeUndefined();
  });

  test('is refused when a byte was changed on the way', async () => {
    const put = await putSignedChunks((chunks) => chunks.replace('abc', 'abd'));
    expect([put.status, codeOf(put)]).toEqual([403, 'SignatureDoesNotMatch']);
  });

  test('is refused in words though much of it is still to come, and the connection goes on', async () => {
    const oneSocket = new Agent({ keepAlive: true, maxSockets: 1 });
    const tampered = (chunks: string) => chunks.replace('abc', 'abd') + 'x'.repeat(20_000_000);
    const answers = await Promise.all([putSignedChunks(tampered, oneSocket), putSignedChunks((it) => it, oneSocket)]);
    oneSocket.destroy();
    expect(answers.map(({ status }) => status)).toEqual([403, 200]);
  });
});

describe('a client that waits for leave to send its content', () => {
  test.each([
    ['gets it', {}, true, 200, 'keep-alive'],
    ['is refused without having sent it', { 'if-none-match': '*' }, false, 412, 'close'],
  ])('%s', async (_, headers, continued, status, connection) => {
    const { host, port } = new URL(local.server.endpoint);
    const waiting = { host, expect: '100-continue', 'content-length': '4', ...headers };
    const unsigned = { method: 'PUT', path: `/${PLAIN}/waiting`, headers: waiting };
    const signing = { principal: OPERATOR, now: new Date(), payloadHash: sha256('body') };
    const request = httpRequest({ ...unsigned, port, headers: sign(unsigned, signing).headers });
    let heard = false;
    request.on('continue', () => {
      heard = true;
      request.end('body');
    });
    request.flushHeaders();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect([heard, response.statusCode, response.headers.connection]).toEqual([continued, status, connection]);
    request.destroy();
  });
});

test('a PUT that says nothing of its length is refused with 411', async () => {
  const headers = { host: new URL(local.server.endpoint).host };
  const request = { method: 'PUT', path: `/${PLAIN}/endless`, headers };
  const signed = sign(request, { principal: OPERATOR, now: new Date(), payloadHash: sha256('') });
  const lines = Object.entries(signed.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = connect(Number(new URL(local.server.endpoint).port), '127.0.0.1');
  socket.end(`PUT ${request.path} HTTP/1.1\r\nConnection: close\r\n${lines.join('')}\r\n`);
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1.1 411 .*<Code>MissingContentLength<\/Code>/s);
});

test('an unknown kind of content is refused', async () => {
  const headers = { host: new URL(local.server.endpoint).host };
  const signing = { principal: OPERATOR, now: new Date(), payloadHash: 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD' };
  const request = { method: 'PUT', path: `/${PLAIN}/unknown`, headers };
  const put = await send(local.server.endpoint, { ...request, headers: sign(request, signing).headers }, 'x');
  expect([put.status, codeOf(put)]).toEqual([400, 'InvalidRequest']);
});

test('content that is not what was signed is refused', async () => {
  const headers = { host: new URL(local.server.endpoint).host };
  const signing = { principal: OPERATOR, now: new Date(), payloadHash: sha256('one thing') };
  const request = { method: 'PUT', path: `/${PLAIN}/signed`, headers };
  const put = await send(local.server.endpoint, { ...request, headers: sign(request, signing).headers }, 'another');
  expect([put.status, codeOf(put)]).toEqual([400, 'XAmzContentSHA256Mismatch']);
});

function putChunked(body: string, decodedLength: string): Promise<RawAnswer> {
  const request = chunkedPut({
    'x-amz-decoded-content-length': decodedLength,
    'x-amz-trailer': 'x-amz-checksum-crc32',
  });
  const signing = { principal: OPERATOR, now: new Date(), payloadHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' };
  return send(local.server.endpoint, { ...request, headers: sign(request, signing).headers }, body);
}

function putSignedChunks(tamper: (body: string) => string, agent?: Agent): Promise<RawAnswer> {
  const request = chunkedPut({ 'x-amz-decoded-content-length': '6' });
  const signing = { principal: OPERATOR, now: new Date(), payloadHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' };
  const signed = sign(request, signing);
  const body = tamper(signedChunks(signed, ['abc', 'def', '']));
  return send(local.server.endpoint, { ...request, headers: signed.headers }, body, agent);
}

function chunkedPut(headers: Record<string, string>) {
  const host = new URL(local.server.endpoint).host;
  return { method: 'PUT', path: `/${PLAIN}/chunked`, headers: { host, 'content-encoding': 'aws-chunked', ...headers } };
}

function signedChunks({ signature, signingKey, timestamp, scope }: SignedWith, chunks: readonly string[]): string {
  let previous = signature;
  const encoded = chunks.map((chunk) => {
    const text = ['AWS4-HMAC-SHA256-PAYLOAD', timestamp, scope, previous, sha256(''), sha256(chunk)].join('\n');
    previous = hmac(signingKey, text).toString('hex');
    return `${chunk.length.toString(16)};chunk-signature=${previous}\r\n${chunk}\r\n`;
  });
  return encoded.join('');
}
