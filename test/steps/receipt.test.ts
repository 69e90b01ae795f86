import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { type Receipt, receiptKey, statementOf } from '../../lambda/model/receipt.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { MAX_ATTEMPTS } from '../../lambda/steps/under-lease.ts';
import { rawDisk } from '../support/disk.ts';
import { MemoryWorld } from '../support/memory-world.ts';

async function uploaded() {
  const world = new MemoryWorld();
  world.objects.put('a.img', rawDisk());
  await createMetadata(world.event('a.img'), world.invocation(), world);
  const message = { record: world.recordKey('a.img') };
  await streamUpload(message, world.invocation(), world);
  return {
    world,
    id: world.record('a.img').image?.id ?? '',
    check: (receives = 1) => recordStatus(message, world.invocation('check', undefined, receives), world),
  };
}

describe('the receipt of an active image', () => {
  test('is stored before the outcome is announced, and linked from record and outcome', async () => {
    const { world, id, check } = await uploaded();
    await check();
    const { hashes, drop, verification } = world.record('a.img');
    expect(world.record('a.img')).toMatchObject({ status: 'active', receipt: receiptKey(id) });
    expect(world.outcomes).toMatchObject([{ status: 'active', receipt: receiptKey(id) }]);
    expect(world.receipts.stored.get(receiptKey(id))).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: `here/${id}`, digest: { sha512: hashes?.sha512 } }],
      predicateType: 'urn:imagedrop:receipt:1',
      predicate: {
        imagedrop: { version: '1.2.3' },
        record: world.recordKey('a.img'),
        dropped: { bucket: 'drops', key: 'a.img', version: drop.versionId, etag: drop.etag, digest: hashes },
        verification,
      },
    });
  });

  test('is the same when the message comes again', async () => {
    const { world, id, check } = await uploaded();
    const { publish } = world.topic;
    world.topic.publish = () => Promise.reject(new ImageDropError('aws-unavailable', 'The topic did not take it.'));
    await expect(check()).rejects.toMatchObject({ code: 'aws-unavailable' });
    const first = world.receipts.stored.get(receiptKey(id));
    expect(first).toBeDefined();
    world.topic.publish = publish;
    world.pass(60);
    await check(2);
    expect(world.receipts.stored).toEqual(new Map([[receiptKey(id), first]]));
    expect(world.outcomes).toHaveLength(1);
  });

  test('that cannot be stored does not hold up the outcome, and is stored by the next delivery', async () => {
    const { world, id, check } = await uploaded();
    world.receipts.faults.push(...twice(new ImageDropError('aws-unavailable', 'The key is unavailable.')));
    await expect(check()).rejects.toMatchObject({ code: 'aws-unavailable' });
    expect(world.outcomes).toMatchObject([{ status: 'active' }]);
    expect(world.objects.newest('a.img')?.tags).toEqual({ 'imagedrop:here': `active ${id}` });
    await check(2);
    expect(world.record('a.img')).toMatchObject({ receipt: receiptKey(id) });
    expect(world.outcomes).toHaveLength(1);
  });

  test('that can never be stored is given up with the reason in the record', async () => {
    const { world, check } = await uploaded();
    world.receipts.faults.push(...twice(new ImageDropError('aws-unavailable', 'The key is disabled.')));
    await check(MAX_ATTEMPTS);
    expect(world.record('a.img')).toMatchObject({ status: 'active', noReceipt: 'The key is disabled.' });
    expect(world.record('a.img').receipt).toBeUndefined();
    expect(world.outcomes).toHaveLength(1);
  });

  test('is not made for a drop that failed', async () => {
    const world = new MemoryWorld();
    world.objects.put('a.txt', Buffer.from('Just words.\n'));
    await createMetadata(world.event('a.txt'), world.invocation(), world);
    await recordStatus({ record: world.recordKey('a.txt') }, world.invocation(), world);
    expect(world.outcomes).toMatchObject([{ status: 'failed' }]);
    expect(world.receipts.stored.size).toBe(0);
  });
});

/** The outcome comes in between. */
const twice = (error: Error): Error[] => [error, error];

describe('the statement', () => {
  const receiptOf = async (changes: object): Promise<Receipt> => {
    const { world, check } = await uploaded();
    await check();
    return statementOf('key', { ...world.record('a.img'), ...changes }, '1').predicate;
  };

  test('says what a packed drop was unpacked to, and leaves the hash of the packed file to its publisher', async () => {
    const packed = {
      format: 'xz',
      bytes: 9,
      unpackedBytes: 4096,
      sha256: 'aa',
      object: { bucket: 'w', key: 'k', etag: 'e' },
    };
    const checksum = { algorithm: 'sha256', value: 'bb', from: 'SHA256SUMS', agrees: true };
    const receipt = await receiptOf({ packed, publisher: { checksum } });
    expect(receipt).toMatchObject({
      dropped: { digest: { sha256: 'bb' } },
      unpacked: { format: 'xz', size: 4096, digest: { sha256: 'aa' } },
      publisher: { checksum },
    });
    expect((await receiptOf({ packed })).dropped.digest).toBeUndefined();
    const hashes = { sha256: 'cc' };
    expect((await receiptOf({ packed: { ...packed, hashes } })).dropped.digest).toEqual(hashes);
    const unknown = { ...checksum, agrees: 'unknown' };
    expect((await receiptOf({ packed, publisher: { checksum: unknown } })).dropped.digest).toBeUndefined();
  });

  test.each([
    ['what was sent, where the endpoint reports none', {}, { sha512: 'dd' }, { sha512: 'dd' }],
    ['the ETag of the drop, where no hash is known', {}, {}, { s3Etag: expect.any(String) }],
    ['what the endpoint reports', { md5: 'cc' }, { sha512: 'dd' }, { md5: 'cc' }],
  ])('names as digest of the image %s', async (_what, reported, hashes, digest) => {
    const { world, check } = await uploaded();
    await check();
    const verification = { outcome: 'unverified', reported } as const;
    const record = { ...world.record('a.img'), verification, hashes };
    expect(statementOf('key', record, '1').subject[0]?.digest).toEqual(digest);
  });
});
