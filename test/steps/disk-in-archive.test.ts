import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { createMetadata } from '../../lambda/steps/create-metadata.ts';
import { recordStatus } from '../../lambda/steps/record-status.ts';
import { streamUpload } from '../../lambda/steps/stream-upload.ts';
import { unpackImage } from '../../lambda/steps/unpack-image.ts';
import { qcow2Image } from '../support/images/qcow2.ts';
import { MemoryWorld } from '../support/memory-world.ts';
import { innerDisk } from '../support/packed/disk.ts';
import { type TarEntry, tarOf, zipOf } from '../support/packed/packed-files.ts';

const KEY = 'appliances/box.ova';
const DISK = innerDisk();
const OVF: TarEntry = { name: 'box.ovf', bytes: Buffer.from('<Envelope/>') };
const disk: TarEntry = { name: 'box-disk1.raw', bytes: DISK };

/** Jest compares buffers byte by byte, which takes seconds. */
const sha256Of = (bytes: Buffer | undefined) => bytes && createHash('sha256').update(bytes).digest('hex');
const SHA256 = sha256Of(DISK);

/** A tar archive in the bucket, received. */
async function dropped(entries: readonly TarEntry[], userMetadata: Record<string, string> = {}) {
  const world = new MemoryWorld();
  world.objects.put(KEY, tarOf(entries), userMetadata);
  const message = () => ({ record: world.recordKey(KEY) });
  const run = {
    world,
    record: () => world.record(KEY),
    receive: () => createMetadata(world.event(KEY), world.invocation(), world),
    create: () => createMetadata(message(), world.invocation(), world),
    unpack: () => unpackImage(message(), world.invocation(), world),
    upload: (chunk?: number) =>
      streamUpload({ ...message(), ...(chunk !== undefined && { chunk }) }, world.invocation(), world),
    settle: () => recordStatus(message(), world.invocation(), world),
    imageBytes: () => world.endpoint.images.get(world.record(KEY).image?.id ?? '')?.bytes,
  };
  return run;
}

describe('the disk in a tar archive', () => {
  test('is streamed from where it is in the drop, and nothing is unpacked', async () => {
    const { world, record, receive, upload, settle, imageBytes } = await dropped([OVF, disk]);
    for (const step of [receive, upload, settle]) await step();
    expect(record()).toMatchObject({
      status: 'active',
      member: { name: 'box-disk1.raw', offset: 1536, bytes: DISK.length },
      found: { format: 'raw', virtualSize: DISK.length },
      plan: { route: 'stream', range: { offset: 1536, length: DISK.length } },
      sent: { name: 'box' },
      verification: { outcome: 'verified' },
    });
    expect(record().packed).toBeUndefined();
    expect(sha256Of(imageBytes())).toBe(SHA256);
    expect(world.unpackQueue.sent).toEqual([]);
    expect(world.workBucket.store.objects.size).toBe(0);
  });

  test('is copied to the service from where it is, part by part', async () => {
    const { world, record, receive, upload } = await dropped([OVF, disk]);
    world.endpoint.route = 'register';
    for (const step of [receive, upload]) await step();
    await upload(0);
    expect(sha256Of(world.staging.objects.get(record().staging?.key ?? ''))).toBe(SHA256);
    expect(record()).toMatchObject({ status: 'processing', register: { jobId: 'job-1' } });
    expect(world.workBucket.store.objects.size).toBe(0);
  });

  test.each([
    ['by a URL', 'import', false],
    ['in the drop bucket itself', 'register', true],
  ] as const)('is unpacked where the service reads it %s', async (_how, route, isStaging) => {
    const { world, record, receive, unpack, create } = await dropped([OVF, disk]);
    world.endpoint.route = route;
    world.staging.holds = () => isStaging;
    await receive();
    expect(record()).toMatchObject({ status: 'unpacking' });
    expect(world.endpoint.images.size).toBe(0);
    for (const step of [unpack, create]) await step();
    expect(record()).toMatchObject({ status: 'created', packed: { format: 'tar', member: disk.name, sha256: SHA256 } });
    expect(record().member).toBeUndefined();
  });

  test('is never planned to be read by the service in the drop bucket itself', async () => {
    const { world, record, receive } = await dropped([disk]);
    world.endpoint.route = 'register';
    world.staging.holds = () => true;
    const asked: boolean[] = [];
    const { plan } = world.endpoint;
    world.endpoint.plan = async (found, bytes, ...rest: unknown[]) => {
      asked.push((rest[0] as { isStaging: boolean }).isStaging);
      return plan.call(world.endpoint, found, bytes);
    };
    await receive();
    expect(asked).toEqual([false]);
    expect(record()).toMatchObject({ status: 'unpacking' });
  });

  test('is unpacked among more files than are looked at beforehand', async () => {
    const many = Array.from({ length: 64 }, (_, index) => ({ name: `licence-${index}`, bytes: Buffer.from('free') }));
    const { record, receive, unpack, create } = await dropped([...many, disk]);
    await receive();
    expect(record()).toMatchObject({ status: 'unpacking' });
    for (const step of [unpack, create]) await step();
    expect(record()).toMatchObject({ status: 'created', packed: { member: disk.name } });
  });

  test('that is not safe is refused before anything is created', async () => {
    const evil = qcow2Image(Buffer.alloc(65_536));
    evil.write('/etc/passwd', 200);
    evil.writeBigUInt64BE(200n, 8);
    evil.writeUInt32BE(11, 16);
    const { world, record, receive } = await dropped([OVF, { name: 'box-disk1.qcow2', bytes: evil }]);
    await receive();
    expect(record()).toMatchObject({ status: 'failed', error: { code: 'backing-file' } });
    expect(world.endpoint.images.size).toBe(0);
  });

  test('is found again when the drop begins again', async () => {
    const { world, record, receive, create, upload, settle, imageBytes } = await dropped([disk]);
    for (const step of [receive, upload]) await step();
    world.endpoint.become(record().image?.id ?? '', 'active', DISK.subarray(512));
    for (const step of [settle, create, upload, settle]) await step();
    expect(record()).toMatchObject({ status: 'active', generation: 2, member: { offset: 512 } });
    expect(sha256Of(imageBytes())).toBe(SHA256);
    expect(world.endpoint.images.size).toBe(1);
  });

  test('leaves no image of a lost creation where the drop is unpacked afterwards and fails', async () => {
    const { world, record, receive, create, unpack, settle } = await dropped([disk]);
    const error = new ImageDropError('endpoint-answer', 'The answer was lost.');
    world.endpoint.faults.push({ call: 'create', error, afterEffect: true });
    await expect(receive()).rejects.toMatchObject({ code: 'endpoint-answer' });
    expect(world.endpoint.images.size).toBe(1);
    world.endpoint.route = 'import';
    world.maxUnpackedBytes = 1;
    for (const step of [create, unpack, settle]) await step();
    expect(record()).toMatchObject({ status: 'failed', error: { code: 'too-large' } });
    expect(world.endpoint.images.size).toBe(0);
  });
});

const hexOf = (algorithm: string, bytes: Buffer = DISK) => createHash(algorithm).update(bytes).digest('hex');
const manifest = (...lines: readonly string[]): TarEntry => ({ name: 'box.mf', bytes: Buffer.from(lines.join('\n')) });
const SELF = `SHA256(box.mf)= ${hexOf('sha256', Buffer.alloc(0))}`;

describe('a manifest in the archive', () => {
  test.each([
    ['SHA1, before the disk', 'sha1', [manifest(`SHA1(${disk.name})= ${hexOf('sha1')}`), disk]],
    ['SHA256, behind it', 'sha256', [OVF, disk, manifest(SELF, `SHA256 (${disk.name}) = ${hexOf('sha256')}`)]],
    ['of OpenSSL 3', 'sha256', [manifest(`SHA2-256(${disk.name})= ${hexOf('sha256')}`, SELF), disk]],
    ['SHA512', 'sha512', [manifest(`SHA512(${disk.name})= ${hexOf('sha512').toUpperCase()}`), disk]],
  ] as const)('that agrees with the disk is recorded: %s', async (_variant, algorithm, entries) => {
    const { record, receive, upload, settle, imageBytes } = await dropped(entries);
    for (const step of [receive, upload, settle]) await step();
    expect(record()).toMatchObject({
      status: 'active',
      member: { manifest: { file: 'box.mf', algorithm, value: hexOf(algorithm) } },
      hashes: { [algorithm]: hexOf(algorithm) },
      verification: { outcome: 'verified', algorithm: 'sha512' },
    });
    expect(sha256Of(imageBytes())).toBe(SHA256);
  });

  test.each([
    ['of other files', manifest(SELF, `SHA256(other.raw)= ${hexOf('sha1')}`)],
    ['by another algorithm', manifest(`MD5(${disk.name})= ${hexOf('md5')}`)],
  ])('without an entry of the disk claims nothing: %s', async (_what, mf) => {
    const { record, receive, upload, settle } = await dropped([disk, mf]);
    for (const step of [receive, upload, settle]) await step();
    expect(record()).toMatchObject({ status: 'active' });
    expect(record().member?.manifest).toBeUndefined();
  });

  const WRONG = manifest(`SHA256(${disk.name})= ${hexOf('sha256', Buffer.from('another disk'))}`);

  test('that disagrees fails the drop, and leaves no image', async () => {
    const { world, record, receive, upload, settle } = await dropped([disk, WRONG]);
    for (const step of [receive, upload, settle]) await step();
    expect(record()).toMatchObject({
      status: 'failed',
      error: { code: 'manifest-mismatch', retryable: false, message: expect.stringContaining(hexOf('sha256')) },
    });
    expect(record().history.map(({ status }) => status)).not.toContain('active');
    expect(world.endpoint.images.size).toBe(0);
  });

  test('is compared also by the function that follows one that died behind the last byte', async () => {
    const { world, record, receive, upload } = await dropped([disk, WRONG]);
    await receive();
    world.endpoint.become(record().image?.id ?? '', 'active', DISK);
    world.pass(120);
    await upload();
    expect(record()).toMatchObject({ status: 'failed', error: { code: 'manifest-mismatch' } });
    expect(world.endpoint.images.size).toBe(0);
  });

  test.each(['import', 'register'] as const)('is compared while the disk is unpacked for %s', async (route) => {
    const right = manifest(`SHA1(${disk.name})= ${hexOf('sha1')}`);
    for (const [mf, outcome] of [
      [right, { status: 'created', packed: { manifest: { file: 'box.mf', algorithm: 'sha1' } } }],
      [WRONG, { status: 'failed', error: { code: 'manifest-mismatch' } }],
    ] as const) {
      const { world, record, receive, unpack, create, settle } = await dropped([disk, mf]);
      world.endpoint.route = route;
      for (const step of [receive, unpack, ...(mf === right ? [create] : [settle])]) await step();
      expect(record()).toMatchObject(outcome);
      expect(world.endpoint.images.size).toBe(mf === right ? 1 : 0);
      expect(world.workBucket.store.objects.size).toBe(mf === right ? 2 : 0);
      expect(world.workBucket.store.multipart.size).toBe(0);
    }
  });

  test('is not the bitmap of a raw disk, which ends in .mf, too', async () => {
    const bitmap = { name: 'disk.mf', bytes: Buffer.alloc(2 ** 20 + 1, 0xff) };
    const { record, receive } = await dropped([disk, bitmap]);
    await receive();
    expect(record()).toMatchObject({ status: 'created' });
    expect(record().member?.manifest).toBeUndefined();
  });

  test('that is too long to be read is refused', async () => {
    const half = { name: 'a.mf', bytes: Buffer.alloc(2 ** 19 + 1) };
    const { record, receive } = await dropped([disk, half, { ...half, name: 'b.mf' }]);
    await receive();
    expect(record()).toMatchObject({ status: 'failed', error: { code: 'unsupported-variant' } });
  });

  test.each([
    ['states something else than a digest', `SHA256(${disk.name})= 1234`],
    ['contradicts itself', `SHA1(${disk.name})= ${hexOf('sha1')}\nSHA1(${disk.name})= ${'0'.repeat(40)}`],
  ])('that %s is refused before anything is created', async (_how, text) => {
    const { world, record, receive } = await dropped([disk, manifest(text)]);
    await receive();
    expect(record()).toMatchObject({ status: 'failed', error: { code: 'corrupt-data' } });
    expect(world.endpoint.images.size).toBe(0);
  });
});

const GIB = 2 ** 30;
const memory = (quantity: string, units: string) =>
  `<Item><rasd:AllocationUnits>${units}</rasd:AllocationUnits><rasd:ResourceType>4</rasd:ResourceType><rasd:VirtualQuantity>${quantity}</rasd:VirtualQuantity></Item>`;

function ovf({
  file = '',
  name = 'Debian &amp; co',
  items = memory('1024', 'byte * 2^20'),
  capacity = '3',
} = {}): TarEntry {
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<!-- as ovftool writes it -->
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1">
  <References><File ovf:href="${disk.name}" ovf:id="file1" ${file}/></References>
  <DiskSection><Disk ovf:capacity="${capacity}" ovf:capacityAllocationUnits="byte * 2^30" ovf:diskId="d" ovf:fileRef="file1"/></DiskSection>
  <VirtualSystem ovf:id="vm"><Name>${name}</Name><VirtualHardwareSection>${items}</VirtualHardwareSection></VirtualSystem>
</Envelope>`;
  return { name: 'box.ovf', bytes: Buffer.from(text) };
}

describe('an OVF descriptor in the archive', () => {
  test('gives the image its name, its memory and the size of its disk, and says where they are from', async () => {
    const { record, receive } = await dropped([ovf(), disk]);
    await receive();
    expect(record()).toMatchObject({
      status: 'created',
      found: { appliance: { file: 'box.ovf', name: 'Debian & co', memoryMib: 1024, capacityBytes: 3 * GIB } },
      sent: { name: 'Debian & co', minRam: 1024, minDisk: 3 },
      metadata: { origins: { name: 'found', minRam: 'found', minDisk: 'found' } },
    });
  });

  test('gives way to the metadata of the drop', async () => {
    const { record, receive } = await dropped([ovf(), disk], { name: 'other', 'min-ram': '1', 'min-disk': '1' });
    await receive();
    const place = (name: string) => `x-amz-meta-${name}`;
    expect(record()).toMatchObject({
      sent: { name: 'other', minRam: 1, minDisk: 1 },
      metadata: { origins: { name: place('name'), minRam: place('min-ram'), minDisk: place('min-disk') } },
    });
  });

  test('counts also where the disk is unpacked', async () => {
    const { world, record, receive, unpack, create } = await dropped([ovf(), disk]);
    world.endpoint.route = 'import';
    for (const step of [receive, unpack, create]) await step();
    expect(record()).toMatchObject({ status: 'created', sent: { name: 'Debian & co', minRam: 1024, minDisk: 3 } });
  });

  test.each([
    ['memory in several items', { items: memory('1', 'GB') + memory('1', 'GB') }, { name: 'Debian & co', minRam: 0 }],
    ['memory in unknown units', { items: memory('1', 'pages') }, { minRam: 0 }],
    ['memory in the units of old writers', { items: memory('2', 'GigaBytes') }, { minRam: 2048 }],
    ['a name that no image can have', { name: 'a&#10;b' }, { name: 'box', minRam: 1024 }],
    ['a capacity that is chosen at deployment', { capacity: '$size' }, { minDisk: 1 }],
    ['a capacity below the disk', { capacity: '0' }, { minDisk: 1 }],
  ])('is used as far as it is certain: %s', async (_what, parts, sent) => {
    const { record, receive } = await dropped([ovf(parts), disk]);
    await receive();
    expect(record()).toMatchObject({ status: 'created', sent });
  });

  test.each([
    ['that is not XML', [{ name: 'box.ovf', bytes: Buffer.from('<Envelope><a></Envelope>') }], 'not the XML'],
    ['with a document type', [{ name: 'box.ovf', bytes: Buffer.from('<!DOCTYPE a><Envelope/>') }], 'not the XML'],
    ['that is something else', [{ name: 'box.ovf', bytes: Buffer.from('<html/>') }], 'its root is html'],
    ['above 1 MiB', [{ name: 'box.ovf', bytes: Buffer.alloc(2 ** 20 + 1, 'x') }], '1048577 bytes'],
    ['beside another one', [ovf(), { ...ovf(), name: 'b.ovf' }], 'several OVF descriptors'],
  ])('%s costs a warning', async (_what, descriptors, words) => {
    const { record, receive } = await dropped([...descriptors, disk]);
    await receive();
    const { status, found, sent } = record();
    expect({ status, name: sent?.name, appliance: found?.appliance }).toEqual({ status: 'created', name: 'box' });
    expect(found?.warnings).toEqual([expect.stringContaining(words)]);
  });

  test.each([
    ['compressed', 'ovf:compression="gzip"', 'box.ovf says that the disk box-disk1.raw is compressed (gzip).'],
    ['cut into chunks', 'ovf:chunkSize="65536"', 'is cut into chunks of 65536 bytes'],
  ])('that calls the disk %s has the drop refused', async (_how, file, words) => {
    const { record, receive } = await dropped([ovf({ file }), disk]);
    await receive();
    expect(record()).toMatchObject({
      status: 'failed',
      error: { code: 'unsupported-variant', message: expect.stringContaining(words) },
    });
  });
});

describe('an archive with two disks', () => {
  const other: TarEntry = { name: './other.raw', bytes: Buffer.alloc(DISK.length, DISK.subarray(0, 65_536)) };
  const BOTH = [disk, other];
  const OTHER = { name: other.name, offset: DISK.length + 1024, bytes: DISK.length };

  test.each([
    ['user metadata', { member: 'other.raw' }, {}],
    ['its own file', {}, { [`${KEY}.yaml`]: 'member: other.raw' }],
    ['the file of its folder', {}, { 'appliances/imagedrop.yaml': 'member: ./other.raw' }],
  ] as [string, Record<string, string>, Record<string, string>][])(
    'becomes an image of the one that %s names',
    async (_where, userMetadata, files) => {
      const { world, record, receive, upload, settle, imageBytes } = await dropped(BOTH, userMetadata);
      for (const [key, text] of Object.entries(files)) world.objects.put(key, Buffer.from(text));
      for (const step of [receive, upload, settle]) await step();
      expect(record()).toMatchObject({ status: 'active', member: OTHER });
      expect(sha256Of(imageBytes())).toBe(sha256Of(other.bytes));
    },
  );

  test('says which files are there where the metadata name another', async () => {
    const { world, record, receive } = await dropped(BOTH, { member: 'disk.vmdk' });
    await receive();
    const message = expect.stringMatching(/choose disk\.vmdk.*It holds box-disk1\.raw, \.\/other\.raw\./);
    expect(record()).toMatchObject({ status: 'failed', error: { code: 'no-image-inside', message } });
    expect(record().error?.nextStep).toContain('Correct `member`');
    expect(world.endpoint.images.size).toBe(0);
  });

  const files = BOTH.map(({ name, bytes = Buffer.alloc(0) }) => ({ name, bytes }));

  test.each([
    ['tar', tarOf(BOTH)],
    ['tar.gz', gzipSync(tarOf(BOTH))],
    ['zip', zipOf(files)],
  ])('is unpacked to the one that its metadata name (%s)', async (format, bytes) => {
    const { world, record, receive, unpack, create } = await dropped([]);
    world.objects.put(KEY, bytes, { member: 'other.raw' });
    world.endpoint.route = 'import';
    for (const step of [receive, unpack, create]) await step();
    expect(record()).toMatchObject({
      status: 'created',
      packed: { format, member: './other.raw', sha256: sha256Of(other.bytes) },
    });
  });

  test('is unpacked again when its metadata name the other one by the time of a retry', async () => {
    const { world, record, receive, unpack, create } = await dropped([]);
    world.objects.put(KEY, zipOf(files));
    const sidecar = (text: string) => world.objects.put(`${KEY}.yaml`, Buffer.from(text));
    sidecar(`{ member: ${disk.name}, disk_format: qcow2 }`);
    for (const step of [receive, unpack, create]) await step();
    expect(record()).toMatchObject({ status: 'failed', error: { code: 'wrong-format' } });
    sidecar('member: other.raw');
    world.pass(3600);
    const retry = record().history.at(-1)?.at;
    await createMetadata({ record: world.recordKey(KEY), retry }, world.invocation('retry'), world);
    expect(record()).toMatchObject({ status: 'unpacking', chosenMember: 'other.raw' });
    for (const step of [unpack, create]) await step();
    expect(record()).toMatchObject({ status: 'created', packed: { member: './other.raw' } });
  });
});

describe('a tar archive fails, and leaves nothing', () => {
  const whole = tarOf([OVF, disk]);

  test.each([
    ['cut', 'truncated', whole.subarray(0, 40_000)],
    ['without its end', 'truncated', whole.subarray(0, -1024)],
    [
      'with other bytes behind its end',
      'trailing-bytes',
      Buffer.concat([whole, Buffer.alloc(512), Buffer.from('more')]),
    ],
    ['with much behind its end', 'trailing-bytes', Buffer.concat([whole, Buffer.alloc(2 ** 20 + 1)])],
    ['with two disks', 'several-images', tarOf([disk, { ...disk, name: 'other.raw' }])],
    ['without a disk', 'no-image-inside', tarOf([OVF])],
    ['with a sparse disk', 'unsupported-variant', tarOf([{ ...disk, type: 'S' }])],
  ])('%s: %s', async (_how, code, bytes) => {
    const { world, record, receive, settle } = await dropped([]);
    world.objects.put(KEY, bytes);
    for (const step of [receive, settle]) await step();
    expect(record()).toMatchObject({ status: 'failed', error: { code, retryable: false } });
    expect(world.unpackQueue.sent).toEqual([]);
    expect(world.endpoint.images.size).toBe(0);
    expect(world.outcomes).toHaveLength(1);
  });
});
