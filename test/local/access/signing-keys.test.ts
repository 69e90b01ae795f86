import { expect, test } from '@jest/globals';
import { signingKeyOf } from '../../../local/access/signing-keys.ts';

const DAY = '20150830/us-east-1/iam/aws4_request';

/** General reference of AWS, "Examples of how to derive a signing key for Signature Version 4". */
const principal = () => ({
  name: 'example',
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
});
const KEY = 'c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9';

test('the key is the one of the reference', () => {
  expect(signingKeyOf(principal(), DAY).toString('hex')).toBe(KEY);
});

test('it is derived once for each principal', () => {
  const [one, other] = [principal(), { ...principal(), secretAccessKey: 'another' }];
  expect(signingKeyOf(one, DAY)).toBe(signingKeyOf(one, DAY));
  expect(signingKeyOf(other, DAY)).not.toEqual(signingKeyOf(one, DAY));
});

test('each of many scopes has its own key, also after the cache has dropped some', () => {
  const one = principal();
  const scopes = Array.from({ length: 40 }, (_, region) => `20150830/region-${region}/s3/aws4_request`);
  const keys = scopes.map((scope) => signingKeyOf(one, scope).toString('hex'));
  expect(new Set(keys).size).toBe(scopes.length);
  expect(scopes.map((scope) => signingKeyOf(one, scope).toString('hex'))).toEqual(keys);
  expect(signingKeyOf(one, DAY).toString('hex')).toBe(KEY);
});
