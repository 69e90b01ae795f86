import { createHash, verify } from 'node:crypto';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { kmsClient, s3Client } from '../../lambda/adapters/aws-clients.ts';
import { kmsSigner } from '../../lambda/adapters/kms-signer.ts';
import { s3Receipts } from '../../lambda/adapters/s3-document.ts';
import { s3Listing } from '../../lambda/adapters/s3-listing.ts';
import { PAYLOAD_TYPE, type ReceiptSigner, statementOf } from '../../lambda/model/receipt.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { type LocalS3, PLAIN, startLocalS3 } from '../local/s3/support/local-s3.ts';
import { KeyService } from '../support/key-service.ts';
import { useAws } from './aws-environment.ts';
import { recordDraft } from './drop-record.ts';

let local: LocalS3;
beforeAll(async () => {
  local = await startLocalS3();
  useAws(local.server.endpoint);
});
afterAll(() => local.stop());

const receipts = (version: string, signer?: ReceiptSigner) =>
  s3Receipts({ client: s3Client(), bucket: PLAIN }, version, signer);

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
  const key = await receipts('1').keep('r.json', active('one'));
  const first = await textOf(key);
  expect(JSON.parse(first ?? '')).toEqual(statementOf('r.json', active('one'), '1'));
  expect(await receipts('2').keep('r.json', active('one'))).toBe(key);
  expect(await textOf(key)).toBe(first);
});

test('a listing does not take a receipt for a record, whatever characters the image id has', async () => {
  await receipts('1').keep('r.json', active('two/three/four'));
  expect((await s3Listing(s3Client(), PLAIN, PLAIN).records()).items).toEqual([]);
});

test('a receipt that S3 does not take is tried again', async () => {
  const lost = s3Receipts({ client: s3Client(), bucket: 'no-such-bucket' }, '1');
  await expect(lost.keep('r.json', active('five'))).rejects.toMatchObject({ code: 'aws-unavailable' });
});

test('a receipt is signed by the key of the settings, over its type and its statement', async () => {
  const keys = new KeyService();
  useKms(await keys.start());
  const key = await receipts('1', kmsSigner(kmsClient(), ARN, 'RSASSA_PKCS1_V1_5_SHA_256')).keep(
    'r.json',
    active('six'),
  );
  const { payloadType, payload, signatures } = JSON.parse((await textOf(key)) ?? '');
  expect(payloadType).toBe(PAYLOAD_TYPE);
  const bytes = Buffer.from(payload, 'base64');
  expect(JSON.parse(bytes.toString())).toEqual(statementOf('r.json', active('six'), '1'));
  const [{ keyid, sig }] = signatures;
  expect(keyid).toBe(ARN);
  const text = `DSSEv1 28 application/vnd.in-toto+json ${bytes.length} ${bytes}`;
  expect(verify('sha256', Buffer.from(text), keys.publicPem, Buffer.from(sig, 'base64'))).toBe(true);
  const digest = createHash('sha256').update(text).digest('base64');
  const asked = { KeyId: ARN, Message: digest, MessageType: 'DIGEST', SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256' };
  expect(keys.asked).toEqual([['TrentService.Sign', asked]]);
});

test('a key that does not sign leaves no receipt, and is asked again later', async () => {
  const keys = new KeyService();
  useKms(await keys.start('DisabledException'));
  const signer = kmsSigner(kmsClient(), ARN, 'ECDSA_SHA_256');
  await expect(receipts('1', signer).keep('r.json', active('seven'))).rejects.toMatchObject({
    code: 'aws-unavailable',
    message: `The key ${ARN} of AWS KMS did not sign the receipt: status 400, DisabledException.`,
  });
  await expect(textOf('receipts/seven.json')).rejects.toMatchObject({ name: 'NoSuchKey' });
});

const ARN = 'arn:aws:kms:us-east-1:123456789012:key/k';

const useKms = (endpoint: string): void => void Object.assign(process.env, { AWS_ENDPOINT_URL_KMS: endpoint });
