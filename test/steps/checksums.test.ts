import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import type { Target } from '../../lambda/model/target.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { LAYOUTS } from '../support/checksum-layouts.ts';
import { rawDisk } from '../support/disk.ts';
import { fixedVhd } from '../support/images/vhd.ts';
import { FIXTURES } from '../support/packed/fixtures.ts';
import { tarOf, zipOf } from '../support/packed/packed-files.ts';
import { worldOf } from '../support/publisher-world.ts';

const DISK = rawDisk();
const KEY = 'linux/a.img';

const hashOf = (algorithm: string, bytes: Buffer = DISK): string => createHash(algorithm).update(bytes).digest('hex');
const sums = (name = 'a.img', bytes: Buffer = DISK): Buffer => Buffer.from(`${hashOf('sha256', bytes)}  ${name}\n`);
const withFlippedByte = (bytes: Buffer): Buffer => {
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8(flipped.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  return flipped;
};

describe.each(LAYOUTS)('an image of $publisher', ({ image, name, algorithm, text }) => {
  const key = `linux/${image}`;
  const file = { [`linux/${name}`]: Buffer.from(text(DISK)) };

  test('becomes active where its bytes agree with its checksum file', async () => {
    const record = await worldOf({ ...file, [key]: DISK }).process(key);
    expect(record).toMatchObject({
      status: 'active',
      publisher: { checksum: { algorithm, value: hashOf(algorithm), from: `linux/${name}`, agrees: true } },
    });
  });

  test('fails where one byte is another one, and leaves no image', async () => {
    const run = worldOf({ ...file, [key]: withFlippedByte(DISK) });
    const uploaded: unknown[] = [];
    const become = run.world.endpoint.become.bind(run.world.endpoint);
    run.world.endpoint.become = (...change) => {
      uploaded.push(change);
      become(...change);
    };
    expect(await run.process(key)).toMatchObject({
      status: 'failed',
      error: { code: 'checksum-mismatch', retryable: false, message: expect.stringContaining(name) },
      publisher: { checksum: { agrees: false } },
    });
    expect(run.world.endpoint.images.size).toBe(0);
    // It had not become active before, either.
    expect(uploaded).toEqual([]);
  });
});

describe('the checksum of a publisher', () => {
  const userMetadata = (bytes = DISK) => ({ checksum: `sha256:${hashOf('sha256', bytes).toUpperCase()}` });

  test.each([true, false])('can be in user metadata (agrees: %s)', async (agrees) => {
    const run = worldOf({});
    run.world.objects.put(KEY, DISK, userMetadata(agrees ? DISK : Buffer.from('other')));
    expect(await run.process()).toMatchObject({
      status: agrees ? 'active' : 'failed',
      publisher: { checksum: { algorithm: 'sha256', from: 'metadata', agrees } },
    });
  });

  test('can be in the file beside the image, and not in that of a folder', async () => {
    const yaml = Buffer.from(`checksum: sha512:${hashOf('sha512')}\n`);
    expect(await worldOf({ [KEY]: DISK, [`${KEY}.yaml`]: yaml }).process()).toMatchObject({
      status: 'active',
      publisher: { checksum: { algorithm: 'sha512', from: 'metadata', agrees: true } },
    });
    expect(await worldOf({ [KEY]: DISK, 'linux/imagedrop.yaml': yaml }).process()).toMatchObject({
      status: 'failed',
      error: { code: 'bad-metadata', message: expect.stringContaining('linux/imagedrop.yaml:1:1') },
    });
  });

  test('is refused where the user metadata and the file beside the image give different ones', async () => {
    const run = worldOf({ [`${KEY}.yaml`]: Buffer.from(`checksum: sha256:${'0'.repeat(64)}\n`) });
    run.world.objects.put(KEY, DISK, userMetadata());
    expect(await run.process()).toMatchObject({
      status: 'failed',
      error: { code: 'bad-metadata', message: expect.stringContaining('x-amz-meta-checksum: checksum is another one') },
    });
  });

  test('is compared again where the function that found a mismatch has died', async () => {
    const run = worldOf({ [KEY]: withFlippedByte(DISK), 'linux/SHA256SUMS': sums() });
    await run.event();
    run.world.records.failsAt = ({ status }) => status === 'failed';
    await expect(run.upload()).rejects.toThrow('died');
    expect(run.record()).toMatchObject({ status: 'uploading', publisher: { checksum: { agrees: false } } });
    run.world.pass(61);
    await run.upload();
    expect(run.record()).toMatchObject({ status: 'failed', error: { code: 'checksum-mismatch' } });
    await run.settle();
    expect(run.world.endpoint.images.size).toBe(0);
  });

  test.each([
    ['gz', gzipSync(DISK)],
    ['xz', FIXTURES.xz],
    ['zst', FIXTURES.pzstd],
    ['bz2', FIXTURES.bzip2],
    ['tar.gz', gzipSync(tarOf([{ name: 'disk.raw', bytes: DISK }]))],
  ])('needs no other look at a drop that is unpacked (%s)', async (format, packed) => {
    const checksum = Buffer.from(`${hashOf('sha512', packed)}  a\n`);
    const run = worldOf({ a: packed, SHA512SUMS: checksum });
    await run.event('a');
    await run.unpack('a');
    const { sha256, sha512 } = { sha256: hashOf('sha256', packed), sha512: hashOf('sha512', packed) };
    expect(run.record('a').packed).toMatchObject({ format, hashes: { sha256, sha512 } });
    await run.resume('a');
    expect(run.record('a')).toMatchObject({ status: 'created', publisher: { checksum: { agrees: true } } });
  });

  test.each([
    'linux/SHA256SUMS',
    'linux/a.img.md5',
    'a.img.sha512',
    'CHECKSUM',
    'x/Fedora-43-CHECKSUM',
    'CHECKSUM.SHA512-x',
    'a.img.DIGESTS',
  ])('in a file is not a drop: %s makes no record', async (key) => {
    const { world, event } = worldOf({ [key]: Buffer.from('<html>') });
    await event(key);
    expect(world.records.stored.size).toBe(0);
  });

  test('counts for the dropped file, not for the disk inside', async () => {
    const packed = gzipSync(DISK);
    const agreed = await worldOf({ 'a.img.gz': packed, SHA256SUMS: sums('a.img.gz', packed) }).process('a.img.gz');
    expect(agreed).toMatchObject({ status: 'active', publisher: { checksum: { agrees: true } } });
    const run = worldOf({ 'a.img.gz': packed, SHA256SUMS: sums('a.img.gz', DISK) });
    expect(await run.process('a.img.gz')).toMatchObject({ status: 'failed', error: { code: 'checksum-mismatch' } });
    expect(run.world.endpoint.images.size).toBe(0);
    expect([...run.world.workBucket.store.objects.keys()]).toEqual([]);
  });

  test.each([
    ['a.zip', zipOf([{ name: 'disk.raw', bytes: DISK }])],
    ['a.tar', tarOf([{ name: 'disk.raw', bytes: DISK }])],
  ])('is compared by a pass of its own where the archive is not read in order: %s', async (key, packed) => {
    const agreed = await worldOf({ [key]: packed, SHA256SUMS: sums(key, packed) }).process(key);
    expect(agreed).toMatchObject({ status: 'active', publisher: { checksum: { agrees: true } } });
    const run = worldOf({ [key]: packed, SHA256SUMS: sums(key, DISK) });
    expect(await run.process(key)).toMatchObject({ status: 'failed', error: { code: 'checksum-mismatch' } });
    expect(run.world.endpoint.images.size).toBe(0);
  });

  test('covers bytes that are not sent', async () => {
    const vhd = fixedVhd(DISK);
    const sent = { offset: 0, length: DISK.length };
    for (const published of [vhd, withFlippedByte(vhd)]) {
      const run = worldOf({ 'a.vhd': vhd, 'a.vhd.sha256': sums('a.vhd', published) });
      const plan = run.world.endpoint.plan.bind(run.world.endpoint);
      run.world.endpoint.plan = async (...question) => ({ ...(await plan(...question)), range: sent });
      const { status, publisher } = await run.process('a.vhd');
      const agrees = published === vhd;
      expect({ status, agrees: publisher?.checksum?.agrees }).toEqual({ status: agrees ? 'active' : 'failed', agrees });
    }
  });

  test('is compared before an image service reads the file from object storage', async () => {
    for (const bytes of [DISK, withFlippedByte(DISK)]) {
      const run = worldOf({ [KEY]: bytes, 'linux/SHA256SUMS': sums() });
      run.world.endpoint.route = 'register';
      run.world.staging.holds = () => true;
      await run.event();
      await run.upload();
      if (bytes === DISK) {
        expect(run.record()).toMatchObject({ status: 'created', publisher: { checksum: { agrees: true } } });
        await run.upload();
        expect(run.record().status).toBe('processing');
      } else {
        expect(run.record()).toMatchObject({ status: 'failed', error: { code: 'checksum-mismatch' } });
        expect(run.world.endpoint.registered).toEqual([]);
      }
    }
  });

  test('of an archive whose disk is read in place is compared before the disk is sent', async () => {
    const tar = tarOf([
      { name: 'disk.img', bytes: DISK },
      { name: 'behind.txt', bytes: Buffer.alloc(5000, 'a') },
    ]);
    for (const bytes of [tar, withFlippedByte(tar)]) {
      const run = worldOf({ 'a.tar': tar, SHA256SUMS: sums('a.tar', bytes) });
      await run.event('a.tar');
      await run.upload('a.tar');
      expect(run.record('a.tar')).toMatchObject({ member: { name: 'disk.img' }, publisher: { checksum: {} } });
      expect(run.record('a.tar').publisher?.checksum?.agrees).toBe(bytes === tar);
      expect(run.world.endpoint.uploads).toBe(0);
      expect((await run.process('a.tar')).status).toBe(bytes === tar ? 'active' : 'failed');
    }
  });

  test('is unknown where S3 does not give its file, and fails nothing', async () => {
    const run = worldOf({ [KEY]: DISK, 'linux/SHA256SUMS': sums() });
    const read = run.world.objects.read.bind(run.world.objects);
    run.world.objects.read = async (bucket, key, limit) => {
      if (key === 'linux/SHA256SUMS') throw new ImageDropError('object-archived', 'It is archived.');
      return read(bucket, key, limit);
    };
    const { status, publisher } = await run.process();
    expect({ status, publisher }).toEqual({
      status: 'active',
      publisher: { unusable: [{ key: 'linux/SHA256SUMS', reason: 'It is archived.' }] },
    });
    await run.event('linux/SHA256SUMS');
    expect(run.world.ingestQueue.sent).toEqual([]);
  });

  test('brings back a drop that failed by the checksum file of the version before', async () => {
    const run = worldOf({ [KEY]: DISK, 'linux/a.img.sha256': sums('a.img', Buffer.from('of last night')) });
    expect(await run.process()).toMatchObject({ status: 'failed', error: { code: 'checksum-mismatch' } });
    run.world.objects.put('linux/a.img.sha256', sums());
    await run.event('linux/a.img.sha256');
    const [retry] = run.world.ingestQueue.sent;
    await createMetadata(retry, run.world.invocation(), run.world);
    expect(await run.process()).toMatchObject({ status: 'active', publisher: { checksum: { agrees: true } } });
    await run.event('linux/a.img.sha256');
    expect(run.world.ingestQueue.sent).toHaveLength(1);
  });

  test('is looked for in twenty files of a folder, and the record says that there are more', async () => {
    const others = Array.from({ length: 30 }, (_, index) => [`linux/${index}-CHECKSUM`, sums('b.img')]);
    const { status, publisher } = await worldOf({ [KEY]: DISK, ...Object.fromEntries(others) }).process();
    expect(status).toBe('active');
    expect(publisher?.unusable).toEqual([{ key: expect.any(String), reason: expect.stringContaining('more than 20') }]);
  });

  test('is unknown for a file that no function can read as a whole, and fails it where one is required', async () => {
    for (const require of ['none', 'checksum'] as const) {
      const run = worldOf({ [KEY]: DISK, 'linux/SHA256SUMS': sums() }, { maxStreamBytes: 10, require });
      run.world.endpoint.route = 'register';
      run.world.staging.holds = () => true;
      await run.event();
      await run.upload();
      expect(run.record()).toMatchObject(
        require === 'none'
          ? { status: 'created', publisher: { checksum: { agrees: 'unknown', reason: expect.any(String) } } }
          : { status: 'failed', error: { code: 'checksum-not-compared' } },
      );
    }
  });

  test.each([
    ['sha512', DISK, true],
    ['sha512', withFlippedByte(DISK), false],
    ['sha256', DISK, 'unknown'],
  ])('of a file too large to read is compared with the %s of the cloud', async (algorithm, bytes, agrees) => {
    const checksum = Buffer.from(`${hashOf(algorithm)}  a.img\n`);
    const run = worldOf({ [KEY]: bytes, [`${KEY}.${algorithm}`]: checksum });
    run.world.endpoint.route = 'import';
    await run.event();
    await run.upload(KEY, AbortSignal.abort(new ImageDropError('out-of-time', 'The time is over.')));
    run.world.endpoint.become(run.record().image?.id ?? '', 'active', bytes);
    await run.settle();
    const status = agrees === false ? 'failed' : 'active';
    expect(run.record()).toMatchObject({ status, publisher: { checksum: { agrees } } });
  });

  test('is taken from the folder though it has more objects than one look shows', async () => {
    const run = worldOf({ [KEY]: DISK, 'linux/SHA256SUMS': sums() });
    run.world.maxKeys = 0;
    expect(await run.process()).toMatchObject({ publisher: { checksum: { from: 'linux/SHA256SUMS', agrees: true } } });
  });

  test('fails the drop where two files give different ones', async () => {
    const files = { 'linux/SHA256SUMS': sums(), 'linux/a.img.sha256': sums('a.img', Buffer.from('other')) };
    const { status, error } = await worldOf({ [KEY]: DISK, ...files }).process();
    expect({ status, code: error?.code }).toEqual({ status: 'failed', code: 'checksum-conflict' });
  });

  test('costs no more than a look into the folder where there is none', async () => {
    const record = await worldOf({ [KEY]: DISK }).process();
    expect(record.status).toBe('active');
    expect(record.publisher).toBeUndefined();
  });
});

describe('a required checksum', () => {
  const required: Partial<Target> = { require: 'checksum' };

  test('that has not come yet makes the drop wait, without an image', async () => {
    const { world, event, record, message } = worldOf({ [KEY]: DISK }, required);
    await event();
    expect(record()).toMatchObject({
      status: 'received',
      attempts: 0,
      waiting: { code: 'checksum-missing', message: expect.stringContaining('a.img') },
      publisher: { require: 'checksum' },
    });
    expect(record().lease).toBeUndefined();
    expect(world.ownQueue.sent).toEqual([{ ...message(), delaySeconds: 900 }]);
    expect(world.endpoint.images.size).toBe(0);
  });

  test('wakes the drop when its file arrives, and no other', async () => {
    const run = worldOf({ [KEY]: DISK, 'linux/b.img': DISK }, required);
    await run.event();
    await run.event('linux/b.img');
    run.world.objects.put('linux/SHA256SUMS', sums());
    await run.event('linux/SHA256SUMS');
    expect(run.world.ingestQueue.sent).toEqual([{ ...run.message(), delaySeconds: 0 }]);
    await run.resume();
    expect(run.record()).toMatchObject({ status: 'created', publisher: { require: 'checksum' } });
    expect(run.record().waiting).toBeUndefined();
    // The message that would have ended the wait comes later, and creates nothing.
    await run.resume();
    expect(run.world.endpoint.images.size).toBe(1);
    await run.event('linux/SHA256SUMS');
    expect(run.world.ingestQueue.sent).toHaveLength(1);
  });

  test('is seen where its file arrives between the look and the note that the drop waits', async () => {
    const run = worldOf({ [KEY]: DISK }, required);
    const change = run.world.records.change.bind(run.world.records);
    run.world.records.change = async (key, decide) => {
      const stored = await change(key, decide);
      if (stored?.waiting !== undefined && run.world.objects.newest('linux/SHA256SUMS') === undefined) {
        run.world.objects.put('linux/SHA256SUMS', sums());
      }
      return stored;
    };
    await run.event();
    expect(run.record()).toMatchObject({ status: 'created', publisher: { checksum: { value: hashOf('sha256') } } });
  });

  test('that does not come in time fails the drop; a retry waits again', async () => {
    const run = worldOf(
      { [KEY]: DISK, 'linux/a.img.sha256': Buffer.from('<html>') },
      { ...required, checksumWithinSeconds: 1200 },
    );
    await run.event();
    run.world.pass(900);
    await run.resume();
    expect(run.world.ownQueue.sent.map(({ delaySeconds }) => delaySeconds)).toEqual([900, 300]);
    run.world.pass(300);
    await run.resume();
    const failed = run.record();
    expect(failed).toMatchObject({
      status: 'failed',
      error: {
        code: 'checksum-missing',
        message: expect.stringContaining('linux/a.img.sha256 is not a checksum file'),
      },
    });
    await createMetadata({ ...run.message(), retry: failed.history.at(-1)?.at }, run.world.invocation(), run.world);
    expect(run.record()).toMatchObject({ status: 'received', waiting: { code: 'checksum-missing' } });
  });

  test.each([
    ['none', 'require: checksum', 'received'],
    ['checksum', 'require: none', 'received'],
    ['none', 'require: none', 'created'],
  ] as const)('of the target (%s) and of the folder (%s): the stricter one counts', async (require, yaml, status) => {
    const run = worldOf({ [KEY]: DISK, 'imagedrop.yaml': Buffer.from(yaml) }, { require });
    await run.event();
    expect(run.record().status).toBe(status);
  });

  test('that has come is not what a later pause of the target waits for', async () => {
    const run = worldOf({ [KEY]: DISK }, required);
    await run.event();
    run.world.objects.put('linux/SHA256SUMS', sums());
    const error = new ImageDropError('endpoint-unavailable', 'It is away.');
    run.world.endpoint.faults.push({ call: 'create', error });
    await run.resume().catch(() => undefined);
    expect(run.record().publisher?.checksum).toBeDefined();
    expect(run.record().waiting?.code).not.toBe('checksum-missing');
  });

  test('is asked for again after the drop was unpacked', async () => {
    const packed = gzipSync(DISK);
    const run = worldOf({ 'a.img.gz': packed }, required);
    await run.event('a.img.gz');
    run.world.objects.put('SHA256SUMS', sums('a.img.gz', packed));
    expect(await run.process('a.img.gz')).toMatchObject({
      status: 'active',
      publisher: { require: 'checksum', checksum: { agrees: true } },
    });
  });
});
