import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Finding } from '../../bin/doctor/finding.ts';
import { chainOf } from '../../bin/verify/chain.ts';
import { recordKey } from '../../lambda/model/drop.ts';
import type { Image } from '../../lambda/model/image.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { rawDisk } from '../support/disk.ts';
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
    for await (const finding of chainOf(kept, stack, { image: async () => now })) findings.push(finding);
    expect(findings.filter(({ outcome }) => outcome === 'failed').map(({ check }) => check)).toEqual(links);
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
    [['a', '--target', 'nowhere'], 2, 'The stack has no target "nowhere"'],
  ])('%j ends with its exit code', async (args, code, message) => {
    expect(await hand.user.run('verify', ...args)).toMatchObject({ code, err: expect.stringContaining(message) });
  });
});
