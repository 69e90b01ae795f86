import { describe, expect, test } from '@jest/globals';
import { parseTarget } from '../../../local/access/request-target.ts';
import {
  SignatureError,
  type SignedRequest,
  type VerifyOptions,
  verifySignature,
} from '../../../local/access/sigv4.ts';
import { sha256 } from './support/signer.ts';

// The examples of the S3 API reference, "Authenticating Requests (AWS Signature Version 4)".
const EXAMPLE = {
  name: 'example',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const OPTIONS: VerifyOptions = {
  access: {
    principal: (id) => (id === EXAMPLE.accessKeyId ? EXAMPLE : undefined),
    allows: () => true,
  },
  service: 's3',
  payloadHash: sha256(''),
  now: new Date('2013-05-24T00:00:00Z'),
};
const CREDENTIAL = 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request';
const SIGNATURE = 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41';

const inHeader: SignedRequest = {
  method: 'GET',
  target: parseTarget('/test.txt'),
  headers: {
    host: ['examplebucket.s3.amazonaws.com'],
    range: ['bytes=0-9'],
    'x-amz-content-sha256': [sha256('')],
    'x-amz-date': ['20130524T000000Z'],
    authorization: [
      `AWS4-HMAC-SHA256 Credential=${CREDENTIAL},` +
        `SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=${SIGNATURE}`,
    ],
  },
};
const inQuery: SignedRequest = {
  method: 'GET',
  target: parseTarget(
    `/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeURIComponent(CREDENTIAL)}` +
      '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
      '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  ),
  headers: { host: ['examplebucket.s3.amazonaws.com'] },
};
const presigned: VerifyOptions = { ...OPTIONS, payloadHash: 'UNSIGNED-PAYLOAD' };

describe('a signature in the header', () => {
  test('of the API reference is accepted', () => {
    expect(verifySignature(inHeader, OPTIONS).principal).toBe(EXAMPLE);
  });

  test.each([
    ['the method', { method: 'PUT' }],
    ['the path', { target: parseTarget('/test.tx') }],
    ['the query', { target: parseTarget('/test.txt?acl') }],
    ['a signed header', { headers: { ...inHeader.headers, range: ['bytes=0-8'] } }],
  ])('does not match when %s is another', (_, change) => {
    expect(faultOf({ ...inHeader, ...change }, OPTIONS)).toBe('mismatch');
  });

  test('does not match when the content is another', () => {
    expect(faultOf(inHeader, { ...OPTIONS, payloadHash: sha256('x') })).toBe('mismatch');
  });

  test.each([
    [-15 * 60, undefined],
    [15 * 60, undefined],
    [-15 * 60 - 1, 'skewed'],
    [15 * 60 + 1, 'skewed'],
  ])('made %i seconds from now gives %s', (seconds, fault) => {
    expect(faultOf(inHeader, { ...OPTIONS, now: new Date(OPTIONS.now.getTime() + seconds * 1000) })).toBe(fault);
  });

  test('for another service is refused', () => {
    expect(faultOf(inHeader, { ...OPTIONS, service: 'sqs' })).toBe('malformed');
  });

  test('must cover every x-amz- header', () => {
    const headers = { ...inHeader.headers, 'x-amz-acl': ['public-read'] };
    expect(faultOf({ ...inHeader, headers }, OPTIONS)).toBe('unsigned-headers');
  });

  test.each([
    ['anonymous', undefined],
    ['unsupported', 'AWS AKIAIOSFODNN7EXAMPLE:signature'],
    ['malformed', 'AWS4-HMAC-SHA256 Credential=nobody'],
    ['unknown-key', inHeader.headers.authorization?.[0]?.replace('AKIAIOSFODNN7EXAMPLE', 'AKIANOBODY')],
  ])('is %s when the header is %s', (fault, authorization) => {
    const headers = { ...inHeader.headers, authorization: authorization === undefined ? undefined : [authorization] };
    expect(faultOf({ ...inHeader, headers }, OPTIONS)).toBe(fault);
  });
});

describe('a presigned URL', () => {
  test('of signature version 2 is unsupported', () => {
    const target = parseTarget('/test.txt?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=x&Expires=1');
    expect(faultOf({ ...inQuery, target }, presigned)).toBe('unsupported');
  });

  test('of the API reference is accepted until it expires', () => {
    expect(verifySignature(inQuery, presigned).principal).toBe(EXAMPLE);
    expect(faultOf(inQuery, { ...presigned, now: new Date('2013-05-25T00:00:00Z') })).toBeUndefined();
    expect(faultOf(inQuery, { ...presigned, now: new Date('2013-05-25T00:00:01Z') })).toBe('expired');
  });

  test('of the future is refused', () => {
    expect(faultOf(inQuery, { ...presigned, now: new Date('2013-05-23T23:00:00Z') })).toBe('not-yet-valid');
  });

  test('cannot be given more time', () => {
    const query = inQuery.target.query.map(([name, value]) => [name, value.replace('86400', '86401')] as const);
    expect(faultOf({ ...inQuery, target: { path: '/test.txt', query } }, presigned)).toBe('mismatch');
  });

  test.each(['0', '604801', 'soon', ''])('with X-Amz-Expires=%s is refused', (expires) => {
    const query = inQuery.target.query.map(([name, value]) => [name, value.replace('86400', expires)] as const);
    expect(faultOf({ ...inQuery, target: { path: '/test.txt', query } }, presigned)).toBe('malformed');
  });
});

function faultOf(request: SignedRequest, options: VerifyOptions): string | undefined {
  try {
    verifySignature(request, options);
    return undefined;
  } catch (error) {
    if (error instanceof SignatureError) return error.fault;
    throw error;
  }
}
