import { createHash, sign as cryptoSign, generateKeyPairSync } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Finding } from '../../bin/doctor/finding.ts';
import { chainOf } from '../../bin/verify/chain.ts';
import { recordKey } from '../../lambda/model/drop.ts';
import type { Image } from '../../lambda/model/image.ts';
import { signed } from '../../lambda/model/receipt.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { recordDraft } from '../adapters/drop-record.ts';
import { rawDisk } from '../support/disk.ts';
import { KeyService } from '../support/key-service.ts';
import { type StackAtHand, stackAtHand } from './support/stack-at-hand.ts';

let hand: StackAtHand;
beforeAll(async () => {
  hand = await stackAtHand();
});
afterAll(() => hand?.close());

/** Drops a disk, and waits until it is an image. */
async function active(key: string): Promise<DropRecord> {
  const record = await hand.pipeline.settled(await hand.pipeline.drop(key, rawDisk()));
  expect(record.status).toBe('active');
  return record;
}

async function stored(Key: string): Promise<string> {
  const Bucket = hand.pipeline.output('StatusBucketName');
  const { Body: body } = await hand.pipeline.s3.send(new GetObjectCommand({ Bucket, Key }));
  return (await body?.transformToString()) ?? '';
}

async function store(Key: string, text: string): Promise<void> {
  const Bucket = hand.pipeline.output('StatusBucketName');
  await hand.pipeline.s3.send(new PutObjectCommand({ Bucket, Key, Body: text }));
}

const broken = (findings: readonly Finding[]) =>
  findings.filter(({ outcome }) => outcome === 'failed').map(({ check, detail }) => `${check}: ${detail}`);

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

/** An envelope whose statement names another version of imagedrop. */
function altered(text: string): string {
  const envelope = JSON.parse(text);
  const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString());
  statement.predicate.imagedrop.version = '9.9.9';
  return JSON.stringify({ ...envelope, payload: Buffer.from(JSON.stringify(statement)).toString('base64') });
}

describe('imagedrop verify', () => {
  test('prints the chain of an active drop link by link', async () => {
    const { image, hashes, receipt } = await active('linux/a.img');
    const { code, out } = await hand.user.run('verify', 'linux/a.img');
    expect(out).toMatch(/^linux\/a\.img at simulator$/m);
    expect(out).toMatch(
      /^ {2}ok +dropped object +s3:\/\/.+\/linux\/a\.img \(version .+\): 4096 bytes, ETag [0-9a-f]{32}$/m,
    );
    expect(out).toMatch(new RegExp(`^ {2}ok +image +${image?.id} is active at simulator$`, 'm'));
    expect(out).toMatch(/^ {2}ok +size +bytes: 4096$/m);
    expect(out).toMatch(new RegExp(`^ {2}ok +hash +sha512: ${hashes?.sha512}$`, 'm'));
    expect(out).toMatch(/^ {2}ok +owner +imagedrop_record: linux\/a\.img\/.+\/simulator\.json$/m);
    expect(out).toMatch(
      new RegExp(`^ {2}ok +receipt +${receipt} of imagedrop \\d.+ agrees with record and cloud$`, 'm'),
    );
    expect(out).not.toContain('failed');
    expect(code).toBe(0);
    const { document } = await hand.user.json('ls', '--all');
    expect(document).toHaveLength(1);
  });

  test('follows a duplicate to the image and the receipt of the first drop', async () => {
    const { receipt } = await active('linux/twice.img');
    expect((await active('linux/twice.img')).duplicateOf).toBeDefined();
    const { code, out } = await hand.user.run('verify', 'linux/twice.img');
    expect(out).toMatch(new RegExp(`^ {2}ok +receipt +${receipt} of imagedrop`, 'm'));
    expect(out).not.toContain('failed');
    expect(code).toBe(0);
  });

  test('says which image was changed or deleted at the cloud', async () => {
    const { image } = await active('changed.img');
    const cloud = await hand.pipeline.cloud.client();
    await cloud.patch(image?.id ?? '', [{ op: 'replace', path: '/imagedrop_record', value: 'theirs' }]);
    const changed = await hand.user.json('verify', 'changed.img');
    expect(broken(changed.document)).toEqual([
      expect.stringMatching(/^owner: imagedrop_record: theirs in the cloud, but/),
    ]);
    await cloud.ask('DELETE', `/v2/images/${image?.id}`);
    const { code, document } = await hand.user.json('verify', 'changed.img');
    expect(broken(document)).toEqual([`image: Image ${image?.id} is gone from simulator.`]);
    expect(code).toBe(1);
  });

  test.each([
    ['its hash', { hashes: { sha512: 'aa' } }, ['hash', 'receipt']],
    ['its size', { size: 1 }, ['size']],
    ['its status', { status: 'pending_delete' }, ['image']],
  ] as const)('finds an image that has changed in %s', async (what, changes, links) => {
    const record = await active(`${what}.img`);
    const { drop, image, hashes, sent } = record;
    const now = { ...sent, id: image?.id ?? '', status: 'active', size: 4096, hashes, ...changes } as Image;
    const stack = { s3: hand.pipeline.s3, output: (name: string) => hand.pipeline.output(name) };
    const kept = { key: recordKey(drop, 'simulator'), record };
    const findings: Finding[] = [];
    for await (const finding of chainOf(kept, { stack, key: undefined, clouds: { image: async () => now } }))
      findings.push(finding);
    expect(findings.filter(({ outcome }) => outcome === 'failed').map(({ check }) => check)).toEqual(links);
  });

  test.each([
    ['agrees', { value: 'dd', agrees: true }, 'ok'],
    ['differs', { value: 'ee', agrees: true }, 'failed'],
    ['was not compared', { algorithm: 'md5', value: 'ee', agrees: 'unknown' }, 'skipped'],
  ])('shows that the checksum of the publisher %s, and what was unpacked', async (_what, changes, outcome) => {
    const packed = { format: 'xz', bytes: 9, unpackedBytes: 4096, sha256: 'aa', hashes: { sha256: 'dd' } };
    const checksum = { algorithm: 'sha256', from: 'SHA256SUMS', ...changes };
    const signature = { key: 'AB12', by: 'Publisher', file: 'SHA256SUMS.gpg' };
    const publisher = { checksum, signature };
    const record = { ...recordDraft({ status: 'active', image: { id: 'one' } }), packed, publisher };
    const stack = { s3: hand.pipeline.s3, output: (name: string) => hand.pipeline.output(name) };
    const findings: Finding[] = [];
    const kept = { key: 'r.json', record: { ...record, revision: 1, nonce: 'n' } as unknown as DropRecord };
    const clouds = { image: async () => undefined };
    for await (const finding of chainOf(kept, { stack, key: undefined, clouds })) findings.push(finding);
    expect(findings).toMatchObject([
      { check: 'dropped object', outcome: 'skipped' },
      { check: 'checksum', outcome },
      {
        check: 'signature',
        outcome: 'ok',
        detail: expect.stringContaining('by Publisher, key AB12, in SHA256SUMS.gpg'),
      },
      { check: 'unpacked', outcome: 'ok', detail: 'xz, unpacked to 4096 bytes, sha256 aa' },
      { check: 'image', outcome: 'failed' },
      { check: 'receipt', outcome: 'skipped' },
    ]);
  });

  test.each([
    ['another digest', (text: string) => text.replace(/("sha512": ")./, '$1x'), /subject\.0\.digest\.sha512 is/],
    ['another drop', (text: string) => text.replace('"key": "receipt of', '"key": "no receipt of'), /dropped\.key is/],
    [
      'an added claim',
      (text: string) => text.replace('"predicate": {', '"predicate": { "audited": true,'),
      /audited is true/,
    ],
    ['no subject', (text: string) => text.replace('"subject"', '"object"'), /is not a receipt\.$/],
    ['no JSON', () => 'Just words.', /is not a receipt\.$/],
  ])('finds a receipt with %s', async (what, change, detail) => {
    const { receipt = '' } = await active(`receipt of ${what}.img`);
    await store(receipt, change(await stored(receipt)));
    const { code, document } = await hand.user.json('verify', `receipt of ${what}.img`);
    expect(broken(document)).toEqual([expect.stringMatching(detail)]);
    expect(code).toBe(1);
  });

  test('verifies a record from before there were receipts as far as it goes', async () => {
    const record = await active('old.img');
    const { receipt: _, ...old } = record;
    await store(recordKey(record.drop, 'simulator'), JSON.stringify(old));
    const { code, out } = await hand.user.run('verify', 'old.img');
    expect(out).toMatch(
      /^ {2}skipped +receipt +There is none\. The image became active before there were receipts\.$/m,
    );
    expect(code).toBe(0);
  });

  test.each([
    ['valid', (text: string) => text, ['--key', 'public.pem'], 0, 'ok', 'signed by public.pem'],
    [
      'of a changed receipt',
      altered,
      ['--key', 'public.pem'],
      1,
      'failed',
      'No signature of public.pem fits the receipt.',
    ],
    ['of another key', (text: string) => text, ['--key', 'other.pem'], 1, 'failed', 'No signature of other.pem fits'],
    ['missing', () => undefined, ['--key', 'public.pem'], 1, 'failed', 'The receipt is not signed by public.pem.'],
    ['not required', () => undefined, [], 0, 'skipped', 'The receipt is not signed.'],
    ['of a key that no one names', (text: string) => text, [], 0, 'warning', 'Signed by me, but the stack has no'],
  ])('finds a signature that is %s', async (what, change, args, code, outcome, detail) => {
    const { receipt = '' } = await active(`signature ${what}.img`);
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await hand.user.file('public.pem', pair.publicKey.export({ type: 'spki', format: 'pem' }));
    await hand.user.file('other.pem', new KeyService().publicPem);
    const sign = async (bytes: Buffer) => cryptoSign('sha256', bytes, pair.privateKey);
    const envelope = await signed(JSON.parse(await stored(receipt)), { keyId: 'me', sign });
    const text = change(JSON.stringify(envelope));
    if (text !== undefined) await store(receipt, text);
    const verified = await hand.user.json('verify', `signature ${what}.img`, ...args);
    expect(verified.code).toBe(code);
    expect(verified.document.findLast(({ check }: Finding) => check === 'signature')).toMatchObject({
      outcome,
      detail: expect.stringContaining(detail),
    });
  });

  test('asks AWS KMS for the key that the settings of the stack name, whichever the receipt names', async () => {
    const { receipt = '' } = await active('kms.img');
    const keys = new KeyService();
    await hand.publish({ AWS_ENDPOINT_URL_KMS: await keys.start() }, { ReceiptKeyArn: 'arn:of-the-stack' });
    const signer = { keyId: 'arn:of-another', sign: async (bytes: Buffer) => keys.sign(sha256(bytes)) };
    await store(receipt, JSON.stringify(await signed(JSON.parse(await stored(receipt)), signer)));
    const { code, out } = await hand.user.run('verify', 'kms.img');
    await hand.publish();
    expect(out).toMatch(/^ {2}ok +signature +signed by arn:of-the-stack$/m);
    expect(keys.asked).toEqual([['TrentService.GetPublicKey', { KeyId: 'arn:of-the-stack' }]]);
    expect(code).toBe(0);
  });

  test('says of a failed drop why it failed', async () => {
    await hand.pipeline.settled(await hand.pipeline.drop('words.img', Buffer.from('Just words.\n')));
    const { code, out } = await hand.user.run('verify', 'words.img');
    expect(out).toMatch(
      /^ {2}failed +record +The drop failed: The file is text.+\n +next +Drop the disk image itself\.$/m,
    );
    expect(code).toBe(1);
  });

  test.each([
    [['never.img'], 1, 'There is no drop "never.img".'],
    [[], 2, 'Name one KEY.'],
    [['a', '--key', 'none.pem'], 2, '--key names none.pem, which is not the PEM file of a public key'],
    [['a', '--target', 'nowhere'], 2, 'The stack has no target "nowhere"'],
  ])('%j ends with its exit code', async (args, code, message) => {
    expect(await hand.user.run('verify', ...args)).toMatchObject({ code, err: expect.stringContaining(message) });
  });
});
