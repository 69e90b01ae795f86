import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { workKeys } from '../../lambda/model/unpacking.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { unpackImage } from '../../lambda/steps/unpack-image.ts';
import { qcow2Image } from '../support/images/qcow2.ts';
import { MemoryWorld, target } from '../support/memory-world.ts';
import { innerDisk } from '../support/packed/disk.ts';
import { FIXTURES } from '../support/packed/fixtures.ts';
import { tarOf, zipOf } from '../support/packed/packed-files.ts';

const DISK = innerDisk();
const SHA256 = sha256Of(DISK);
const KEY = 'linux/debian.raw.gz';

/** Jest compares buffers byte by byte, which takes seconds. */
function sha256Of(bytes: Buffer | undefined): string | undefined {
  return bytes && createHash('sha256').update(bytes).digest('hex');
}

/** A qcow2 image that names another file. */
function evilDisk(): Buffer {
  const disk = qcow2Image(Buffer.alloc(65_536));
  disk.write('/etc/passwd', 200);
  disk.writeBigUInt64BE(200n, 8);
  disk.writeUInt32BE(11, 16);
  return disk;
}

/** A drop at some targets, received. */
async function dropped(packed: Buffer = gzipSync(DISK), targets: readonly string[] = ['here'], key = KEY) {
  const world = new MemoryWorld();
  world.targets = targets.map(target);
  world.objects.put(key, packed);
  const { disk, document } = workKeys({ bucket: 'drops', key, id: world.objects.newest(key)?.versionId ?? '' });
  let calls = 0;
  const run = {
    world,
    disk,
    document,
    record: (at = targets[0]) => world.record(key, at),
    invocation: (signal?: AbortSignal) => world.invocation(`call-${++calls}`, signal),
    message: (at = targets[0]) => ({ record: world.recordKey(key, at) }),
    event: () => createMetadata(world.event(key), run.invocation(), world),
    unpack: (at = targets[0], signal?: AbortSignal) => unpackImage(run.message(at), run.invocation(signal), world),
    create: (at = targets[0]) => createMetadata(run.message(at), run.invocation(), world),
    upload: (at = targets[0]) => streamUpload(run.message(at), run.invocation(), world),
    settle: (at = targets[0]) => recordStatus(run.message(at), run.invocation(), world),
    async toTheEnd(at = targets[0]) {
      for (const step of [run.create, run.upload, run.settle]) await step(at);
    },
  };
  await run.event();
  return run;
}

describe('a packed drop', () => {
  test('is sent to be unpacked before anything is created', async () => {
    const { world, record, message } = await dropped();
    expect(record()).toMatchObject({ status: 'unpacking' });
    expect(world.unpackQueue.sent).toEqual([{ ...message(), delaySeconds: 0 }]);
    expect(world.endpoint.images.size).toBe(0);
  });

  test('is unpacked into one object, which the record describes', async () => {
    const { world, disk, record, unpack, message } = await dropped();
    await unpack();
    expect(sha256Of(world.workBucket.store.objects.get(disk))).toBe(SHA256);
    expect(record()).toMatchObject({
      status: 'received',
      packed: {
        format: 'gz',
        bytes: gzipSync(DISK).length,
        unpackedBytes: DISK.length,
        sha256: SHA256,
        object: { bucket: 'work', key: disk, etag: expect.any(String) },
      },
    });
    expect(record().lease).toBeUndefined();
    expect(record().history.map(({ status }) => status)).toEqual(['received', 'unpacking', 'received']);
    expect(world.ingestQueue.sent).toEqual([{ ...message(), delaySeconds: 0 }]);
  });

  test.each([
    ['xz', FIXTURES.xz, undefined],
    ['zst', FIXTURES.pzstd, undefined],
    ['bz2', FIXTURES.bzip2, undefined],
    ['zip', zipOf([{ name: 'disk.raw', bytes: DISK }]), 'disk.raw'],
    ['tar.gz', gzipSync(tarOf([{ name: 'disk.raw', bytes: DISK }])), 'disk.raw'],
  ])('becomes an active image with the bytes inside (%s)', async (format, packed, member) => {
    const { world, record, unpack, toTheEnd } = await dropped(packed);
    await unpack();
    await toTheEnd();
    expect(record()).toMatchObject({
      status: 'active',
      packed: { format, sha256: SHA256, ...(member !== undefined && { member }) },
      found: { format: 'raw', virtualSize: DISK.length },
      verification: { outcome: 'verified' },
    });
    expect(sha256Of(world.endpoint.images.get(record().image?.id ?? '')?.bytes)).toBe(SHA256);
  });

  test('gives its image a name without the endings of packed files', async () => {
    const { record, unpack, create } = await dropped();
    await unpack();
    await create();
    expect(record().sent?.name).toBe('debian');
  });

  test('is refused when the disk inside is not safe', async () => {
    const { record, unpack, create } = await dropped(gzipSync(evilDisk()));
    await unpack();
    await create();
    expect(record()).toMatchObject({ status: 'failed', error: { code: 'backing-file' } });
  });

  test('with invalid metadata fails before it is unpacked', async () => {
    const { world } = await dropped();
    world.objects.put('bad.gz', gzipSync(DISK), { 'min-disk': 'many' });
    await createMetadata(world.event('bad.gz'), world.invocation(), world);
    expect(world.record('bad.gz')).toMatchObject({ status: 'failed', error: { code: 'bad-metadata' } });
  });

  test('is superseded when its key was written again', async () => {
    const { world } = await dropped();
    const first = world.recordKey(KEY);
    world.objects.put(KEY, DISK);
    await unpackImage({ record: first }, world.invocation(), world);
    expect(world.records.stored.get(first)).toMatchObject({ status: 'superseded' });
    expect(world.workBucket.store.objects.size).toBe(0);
  });
});

describe('a drop that cannot be unpacked', () => {
  const half = (packed: Buffer) => packed.subarray(0, packed.length / 2);

  test.each([
    ['truncated', half(gzipSync(DISK))],
    ['truncated', half(FIXTURES.xz)],
    ['trailing-bytes', Buffer.concat([gzipSync(DISK), Buffer.from('more')])],
    ['packed-twice', gzipSync(gzipSync(DISK))],
    ['no-image-inside', zipOf([{ name: 'readme.txt', bytes: Buffer.from('hello') }])],
  ])('fails as %s, and leaves nothing', async (code, packed) => {
    const { world, record, unpack, settle } = await dropped(packed);
    await unpack();
    expect(record()).toMatchObject({ status: 'failed', error: { code } });
    await settle();
    expect(world.outcomes).toHaveLength(1);
    expect(world.workBucket.store.objects.size).toBe(0);
    expect(world.workBucket.store.multipart.size).toBe(0);
    expect(world.endpoint.images.size).toBe(0);
  });

  test('because the disk is above the limit fails as too-large', async () => {
    const { world, record, unpack } = await dropped();
    world.maxUnpackedBytes = DISK.length - 1;
    await unpack();
    expect(record()).toMatchObject({ status: 'failed', error: { code: 'too-large' } });
  });

  test('because its time ends fails, for another attempt would begin at the first byte', async () => {
    const { record, unpack } = await dropped();
    const reason = new ImageDropError('out-of-time', 'The time is over.');
    await unpack('here', AbortSignal.abort(reason));
    expect(record()).toMatchObject({
      status: 'failed',
      error: { code: 'out-of-time', message: expect.stringContaining(KEY) },
    });
  });

  test.each([
    ['bz2', FIXTURES.bzip2],
    ['zst', FIXTURES.pzstd],
    ['zip', zipOf([{ name: 'disk.raw', bytes: DISK }])],
  ])('in the time of the function fails before it is unpacked (%s)', async (_, packed) => {
    const { world, record, message } = await dropped(packed);
    await unpackImage(message(), { ...world.invocation('call-1'), secondsLeft: 1e-6 }, world);
    expect(record()).toMatchObject({
      status: 'failed',
      error: { code: 'out-of-time', message: expect.stringContaining('Unpacking it takes 1 seconds at least') },
    });
    expect(world.workBucket.store.storedParts).toEqual([]);
  });

  test('is unpacked again when it is retried', async () => {
    const { world, record, unpack, settle } = await dropped();
    world.maxUnpackedBytes = 1;
    await unpack();
    await settle();
    world.maxUnpackedBytes = 2 ** 30;
    world.pass(10);
    const failedAt = record().history.at(-1)?.at;
    await createMetadata({ record: world.recordKey(KEY), retry: failedAt }, world.invocation('retry'), world);
    expect(record()).toMatchObject({ status: 'unpacking' });
    await unpack();
    expect(record()).toMatchObject({ status: 'received', packed: { sha256: SHA256 } });
  });
});

describe('a drop at two targets', () => {
  const BOTH = ['here', 'there'];

  test('is unpacked once', async () => {
    const { world, unpack, record } = await dropped(gzipSync(DISK), BOTH);
    await unpack('here');
    await unpack('there');
    expect(world.workBucket.store.storedParts).toEqual([1]);
    expect(record('there').packed).toEqual(record('here').packed);
  });

  test('waits at one target while the record of the other has it unpacked', async () => {
    const { world, document, unpack, record, message } = await dropped(gzipSync(DISK), BOTH);
    const until = new Date(world.time.getTime() + 60_000).toISOString();
    const progress = { bytes: 5, totalBytes: 10, bytesPerSecond: 1, at: world.time.toISOString() };
    const drop = { bucket: 'drops', key: KEY, id: record().drop.id };
    await world.workBucket.unpackings.change(document, () => ({
      schema: 1,
      drop,
      lease: { holder: 'somebody', until },
      progress,
    }));
    await unpack('there');
    expect(record('there')).toMatchObject({ status: 'unpacking', attempts: 0, progress });
    expect(record('there').lease).toBeUndefined();
    expect(world.ownQueue.sent).toEqual([{ ...message('there'), delaySeconds: 1 }]);
    expect(world.workBucket.store.storedParts).toEqual([]);
  });

  test('fails at both with the same error, read once', async () => {
    const { world, unpack, record } = await dropped(gzipSync(gzipSync(DISK)), BOTH);
    await unpack('here');
    const { length } = world.workBucket.store.storedParts;
    await unpack('there');
    expect(record('there').error).toMatchObject({ code: 'packed-twice', message: record('here').error?.message });
    expect(world.workBucket.store.storedParts).toHaveLength(length);
  });

  test('keeps its disk until the last record is settled', async () => {
    const { world, disk, unpack, toTheEnd } = await dropped(gzipSync(DISK), BOTH);
    for (const at of BOTH) await unpack(at);
    await toTheEnd('here');
    expect(world.workBucket.store.objects.has(disk)).toBe(true);
    await toTheEnd('there');
    expect(world.workBucket.store.objects.size).toBe(0);
    expect(world.outcomes).toHaveLength(2);
  });
});

describe('a function that is killed while it unpacks', () => {
  test('is followed by another one, and one disk results', async () => {
    const { world, disk, unpack, record, toTheEnd } = await dropped();
    const { store } = world.workBucket;
    // The first has begun its upload, and is never heard of again.
    await store.begin(disk);
    await world.workBucket.unpackings.change(`${disk.replace('.disk', '.json')}`, () => ({
      schema: 1,
      drop: { bucket: 'drops', key: KEY, id: record().drop.id },
      lease: { holder: 'dead', until: new Date(world.time.getTime() + 60_000).toISOString() },
    }));
    await unpack();
    expect(record()).toMatchObject({ status: 'unpacking' });
    world.pass(61);
    await unpack();
    expect(store.multipart.size).toBe(0);
    await toTheEnd();
    expect(record()).toMatchObject({ status: 'active' });
    expect(world.endpoint.images.size).toBe(1);
    expect(store.objects.size).toBe(0);
  });

  test.each(['begin', 'storePart', 'parts', 'complete'] as const)(
    'after %s leaves nothing that lasts',
    async (call) => {
      const { world, unpack, record, toTheEnd } = await dropped();
      const { store } = world.workBucket;
      const error = new ImageDropError('aws-unavailable', 'The answer was lost.');
      store.faults.push({ call, error, afterEffect: true });
      await expect(unpack()).rejects.toMatchObject({ code: 'aws-unavailable' });
      await unpack();
      await toTheEnd();
      expect(record()).toMatchObject({ status: 'active' });
      expect(store.multipart.size).toBe(0);
      expect(store.objects.size).toBe(0);
    },
  );
});

test('an invocation that loses its turn while it opens the file leaves the upload of the next one alone', async () => {
  const { world, disk, document, unpack } = await dropped();
  const { store, unpackings } = world.workBucket;
  const { open } = world.objects;
  let uploadId = '';
  world.objects.open = async (...given) => {
    world.objects.open = open;
    const lease = { holder: 'another', until: new Date(world.time.getTime() + 60_000).toISOString() };
    await unpackings.change(document, (stored) => stored && { ...stored, lease });
    uploadId = await store.begin(disk);
    return open.apply(world.objects, given);
  };
  await expect(unpack()).rejects.toMatchObject({ code: 'lease-held' });
  expect(await store.uploads(disk)).toEqual([uploadId]);
});

test('an xz file whose upload could not begin is unpacked by the next attempt, in the same process', async () => {
  const { world, unpack, record } = await dropped(FIXTURES.xz);
  const error = new ImageDropError('aws-unavailable', 'The answer was lost.');
  world.workBucket.store.faults.push({ call: 'begin', error });
  await expect(unpack()).rejects.toMatchObject({ code: 'aws-unavailable' });
  await unpack();
  expect(record()).toMatchObject({ status: 'received', packed: { sha256: SHA256 } });
}, 30_000);

describe('the routes of a packed drop', () => {
  test('by import, the service gets a URL of the disk inside', async () => {
    const { world, disk, unpack, create, upload } = await dropped();
    world.endpoint.route = 'import';
    for (const step of [unpack, create, upload]) await step();
    expect(world.endpoint.imported).toEqual([expect.stringContaining(`https://work.example/${disk}?`)]);
  });

  test('by register, the disk inside is copied to the service', async () => {
    const { world, unpack, create, upload, record, message } = await dropped();
    world.endpoint.route = 'register';
    for (const step of [unpack, create, upload]) await step();
    await streamUpload({ ...message(), chunk: 0 }, world.invocation('chunk'), world);
    expect(sha256Of(world.staging.objects.get(record().staging?.key ?? ''))).toBe(SHA256);
    expect(record()).toMatchObject({ status: 'processing', register: { jobId: 'job-1' } });
  });
});

describe('a disk that is gone before its upload', () => {
  test('is unpacked again', async () => {
    const { world, disk, unpack, create, upload, record, toTheEnd } = await dropped();
    await unpack();
    await create();
    await world.workBucket.store.delete(disk);
    await upload();
    expect(record()).toMatchObject({ status: 'received', generation: 2 });
    await create();
    expect(record()).toMatchObject({ status: 'unpacking' });
    await unpack();
    await toTheEnd();
    expect(record()).toMatchObject({ status: 'active' });
    expect(world.endpoint.images.size).toBe(1);
  });

  test.each(['create', 'upload'] as const)('or while it is read by %s, is unpacked again', async (step) => {
    const { world, disk, unpack, create, upload, toTheEnd, record } = await dropped();
    await unpack();
    if (step === 'upload') await create();
    const { open } = world.objects;
    world.objects.open = async () => {
      world.objects.open = open;
      await world.workBucket.store.delete(disk);
      throw new ImageDropError('object-gone', 'It is gone.');
    };
    await expect(step === 'create' ? create() : upload()).rejects.toMatchObject({
      code: 'object-gone',
      retryable: true,
    });
    world.pass(900);
    if (step === 'upload') await upload();
    await create();
    await unpack();
    await toTheEnd();
    expect(record()).toMatchObject({ status: 'active' });
    expect(world.endpoint.images.size).toBe(1);
  });

  test('leaves no image of a creation whose answer was lost, when it cannot be unpacked again', async () => {
    const { world, disk, unpack, create, settle, record } = await dropped();
    await unpack();
    const error = new ImageDropError('endpoint-answer', 'The answer was lost.');
    world.endpoint.faults.push({ call: 'create', error, afterEffect: true });
    await expect(create()).rejects.toMatchObject({ code: 'endpoint-answer' });
    expect(world.endpoint.images.size).toBe(1);
    await world.workBucket.store.delete(disk);
    world.maxUnpackedBytes = 1;
    for (const step of [create, unpack, settle]) await step();
    expect(record()).toMatchObject({ status: 'failed', error: { code: 'too-large' } });
    expect(world.endpoint.images.size).toBe(0);
  });

  test('leaves no image of a creation whose answer was lost, when the next one is refused', async () => {
    const { world, disk, unpack, create, toTheEnd, record } = await dropped();
    await unpack();
    const error = new ImageDropError('endpoint-answer', 'The answer was lost.');
    world.endpoint.faults.push({ call: 'create', error, afterEffect: true });
    await expect(create()).rejects.toMatchObject({ code: 'endpoint-answer' });
    await world.workBucket.store.delete(disk);
    for (const step of [create, unpack]) await step();
    world.endpoint.faults.push({ call: 'create', error: new ImageDropError('invalid-request', 'Refused.') });
    await toTheEnd();
    expect(record()).toMatchObject({ status: 'failed', error: { code: 'invalid-request' } });
    expect(world.endpoint.images.size).toBe(0);
  });
});

describe('the disk of a drop', () => {
  test('that cannot be deleted is left to the lifecycle after twelve tries, and the outcome comes first', async () => {
    const { world, unpack, toTheEnd, record, message } = await dropped(gzipSync(DISK));
    await unpack();
    const error = new ImageDropError('aws-unavailable', 'S3 is away.');
    world.workBucket.store.faults.push(...Array.from({ length: 40 }, () => ({ call: 'delete', error }) as const));
    await expect(toTheEnd()).rejects.toMatchObject({ code: 'aws-unavailable' });
    expect(record()).toMatchObject({ status: 'active', announcedAt: expect.any(String) });
    expect(world.outcomes).toHaveLength(1);
    await recordStatus(message(), world.invocation('late', undefined, 12), world);
    expect(world.workBucket.store.objects.size).toBe(2);
    expect(world.outcomes).toHaveLength(1);
  });

  test('is deleted when the last record to be settled has never waited for it', async () => {
    const { world, unpack, toTheEnd, create, settle, record } = await dropped(gzipSync(DISK), ['here', 'there']);
    await world.records.change(world.recordKey(KEY, 'there'), (stored) => {
      if (stored === undefined) return undefined;
      const { status: _, ...rest } = stored;
      return { ...rest, status: 'received', history: stored.history.slice(0, 1) };
    });
    await unpack('here');
    await toTheEnd('here');
    Object.assign(world.objects.newest(KEY)?.userMetadata ?? {}, { 'min-disk': 'many' });
    await create('there');
    expect(record('there')).toMatchObject({ status: 'failed', error: { code: 'bad-metadata' } });
    await settle('there');
    expect(world.workBucket.store.objects.size).toBe(0);
  });
});
