import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { s3Client } from '../../lambda/adapters/aws-clients.ts';
import { s3Receipts } from '../../lambda/adapters/s3-document.ts';
import { s3Listing } from '../../lambda/adapters/s3-listing.ts';
import { statementOf } from '../../lambda/model/receipt.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { type LocalS3, PLAIN, startLocalS3 } from '../local/s3/support/local-s3.ts';
import { useAws } from './aws-environment.ts';
import { recordDraft } from './drop-record.ts';

let local: LocalS3;
beforeAll(async () => {
  local = await startLocalS3();
  useAws(local.server.endpoint);
});
afterAll(() => local.stop());

const active = (id: string): DropRecord => ({
  ...recordDraft({ status: 'active', image: { id }, hashes: { sha512: 'aa' } }),
  revision: 1,
  nonce: 'n',
});

async function textOf(key: string): Promise<string | undefined> {
  const { Body: body } = await s3Client().send(new GetObjectCommand({ Bucket: PLAIN, Key: key }));
  return body?.transformToString();
}

test('the first receipt of an image stays', async () => {
  const key = await s3Receipts(s3Client(), PLAIN, '1').keep('r.json', active('one'));
  const first = await textOf(key);
  expect(JSON.parse(first ?? '')).toEqual(statementOf('r.json', active('one'), '1'));
  expect(await s3Receipts(s3Client(), PLAIN, '2').keep('r.json', active('one'))).toBe(key);
  expect(await textOf(key)).toBe(first);
});

test('a listing does not take a receipt for a record, whatever characters the image id has', async () => {
  await s3Receipts(s3Client(), PLAIN, '1').keep('r.json', active('two/three/four'));
  expect((await s3Listing(s3Client(), PLAIN, PLAIN).records()).items).toEqual([]);
});

test('a receipt that S3 does not take is tried again', async () => {
  const receipts = s3Receipts(s3Client(), 'no-such-bucket', '1');
  await expect(receipts.keep('r.json', active('five'))).rejects.toMatchObject({ code: 'aws-unavailable' });
});
