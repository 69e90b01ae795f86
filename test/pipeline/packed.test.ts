import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Fault } from '../../local/contributing/faults/fault.ts';
import { FaultProxy } from '../../local/contributing/faults/fault-proxy.ts';
import type { FaultyEnvironment, StackFaults } from '../../local/faults.ts';
import { pattern } from '../support/bytes.ts';
import { qcow2Image } from '../support/images/qcow2.ts';
import { innerDisk } from '../support/packed/disk.ts';
import { FIXTURES } from '../support/packed/fixtures.ts';
import { paxRecord, tarOf, zipOf } from '../support/packed/packed-files.ts';
import { type Dropped, Pipeline } from './pipeline.ts';

const TARGETS = { simulator: { kind: 'glance' }, 'simulator-ims': { kind: 'ims' } };
const DISK = innerDisk();

/** Kills all functions that unpack when one of them has stored a part, as often as is asked. */
class KilledUnpacking implements StackFaults {
  kills = 0;
  readonly messages = { received: () => undefined };
  readonly functions = {
    environment: (_: FaultyEnvironment, variables: Readonly<Record<string, string>>) => variables,
    invocation: (environment: FaultyEnvironment) => {
      if (!environment.functionName.includes('UnpackImage')) return () => undefined;
      this.#unpacking.add(environment);
      return () => void this.#unpacking.delete(environment);
    },
  };
  readonly #unpacking = new Set<FaultyEnvironment>();
  #proxy: FaultProxy | undefined;

  async endpoints(endpoints: Parameters<StackFaults['endpoints']>[0]) {
    this.#proxy = await FaultProxy.listen({
      target: endpoints.s3,
      decide: ({ method, url }) => (method === 'PUT' && url.includes('partNumber=') ? this.#strike() : undefined),
    });
    return { ...endpoints, s3: this.#proxy.url };
  }

  async close(): Promise<void> {
    await this.#proxy?.close();
  }

  #strike(): Fault | undefined {
    if (this.kills === 0) return undefined;
    this.kills -= 1;
    return { how: 'strike', when: 'after', strike: () => this.#unpacking.forEach((one) => void one.kill()) };
  }
}

const faults = new KilledUnpacking();
let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await Pipeline.start({ targets: TARGETS, faults });
});
afterAll(async () => {
  await pipeline?.stop();
  await faults.close();
});

/** The keys of what is in the work bucket, unfinished uploads too. */
async function workKeys(): Promise<readonly (string | undefined)[]> {
  const Bucket = pipeline.output('WorkBucketName');
  const { Contents: objects = [] } = await pipeline.s3.send(new ListObjectsV2Command({ Bucket }));
  const { Uploads: uploads = [] } = await pipeline.s3.send(new ListMultipartUploadsCommand({ Bucket }));
  return [...objects, ...uploads].map(({ Key }) => Key);
}

const settledEverywhere = async (dropped: Dropped) =>
  Promise.all(Object.keys(TARGETS).map((target) => pipeline.settled(dropped, target)));

test.each([
  ['debian.raw.gz', gzipSync(DISK), 'gz'],
  ['debian.raw.xz', FIXTURES.xz, 'xz'],
  ['images.zip', zipOf([{ name: 'disk.raw', bytes: DISK }]), 'zip'],
])('%s becomes an active image with the bytes inside at each target', async (key, packed, format) => {
  const records = await settledEverywhere(await pipeline.drop(key, packed));
  for (const record of records) {
    expect(record).toMatchObject({
      status: 'active',
      packed: { format, bytes: packed.length, unpackedBytes: DISK.length },
      found: { format: 'raw', virtualSize: DISK.length },
    });
    expect((await pipeline.storedBytes(record)).equals(DISK)).toBe(true);
  }
  // IMS reports no hash.
  expect(records.map(({ verification }) => verification?.outcome)).toEqual(['verified', 'unverified']);
  expect(records[0]?.packed).toEqual(records[1]?.packed);
  await pipeline.idle();
  expect(await workKeys()).toEqual([]);
});

const sha256 = createHash('sha256').update(DISK).digest('hex');
const LONG = `${'folder/'.repeat(20)}disk.raw`;
const gnu = (header: Buffer) => void header.write('ustar  \0', 257);
const OVF = { name: 'box.ovf', bytes: Buffer.from('<Envelope/>') };
const manifestOf = (name: string, digest = sha256) => ({
  name: 'box.mf',
  bytes: Buffer.from(`SHA2-256(${name})= ${digest}\n`),
});
const OVAS = [
  ['ustar.ova', 'disk.raw', tarOf([OVF, { name: 'disk.raw', bytes: DISK }])],
  ['manifest.ova', 'disk.raw', tarOf([OVF, manifestOf('disk.raw'), { name: 'disk.raw', bytes: DISK }])],
  [
    'pax.ova',
    LONG,
    tarOf([
      { name: 'PaxHeader', type: 'x', bytes: paxRecord('path', LONG) },
      { name: 'disk.raw', bytes: DISK },
      manifestOf(LONG),
    ]),
  ],
  [
    'gnu.ova',
    LONG,
    tarOf([
      { name: '././@LongLink', type: 'L', bytes: Buffer.from(`${LONG}\0`) },
      { name: 'disk.raw', bytes: DISK, header: gnu },
    ]),
  ],
] as const;

test('the disk in an OVA becomes an active image at each target, and nothing is unpacked', async () => {
  const drops = await Promise.all(OVAS.map(async ([key, , ova]) => pipeline.drop(key, ova)));
  for (const [index, [key, name]] of OVAS.entries()) {
    for (const record of await settledEverywhere(drops[index] as Dropped)) {
      const { status, member, history, error } = record;
      expect({ key, status, error }).toEqual({ key, status: 'active', error: undefined });
      expect(member).toMatchObject({ name, bytes: DISK.length });
      expect(history.map((each) => each.status)).not.toContain('unpacking');
      expect((await pipeline.storedBytes(record)).equals(DISK)).toBe(true);
    }
  }
  await pipeline.idle();
  expect(await workKeys()).toEqual([]);
});

test('a damaged or unsafe OVA fails with its code, and leaves nothing', async () => {
  const whole = tarOf([{ name: 'disk.raw', bytes: DISK }]);
  const evil = qcow2Image(Buffer.alloc(65_536));
  evil.writeBigUInt64BE(200n, 8);
  evil.writeUInt32BE(11, 16);
  const cases: readonly (readonly [name: string, code: string, ova: Buffer])[] = [
    ['cut', 'truncated', whole.subarray(0, 100_000)],
    ['longer', 'trailing-bytes', Buffer.concat([whole, Buffer.from('garbage')])],
    [
      'flipped',
      'manifest-mismatch',
      tarOf([{ name: 'disk.raw', bytes: DISK }, manifestOf('disk.raw', '0'.repeat(64))]),
    ],
    ['evil', 'backing-file', tarOf([{ name: 'disk.qcow2', bytes: evil }])],
  ];
  const drops = await Promise.all(cases.map(([name, , ova]) => pipeline.drop(`${name}.ova`, ova)));
  for (const [index, [name, code]] of cases.entries()) {
    for (const { status, error } of await settledEverywhere(drops[index] as Dropped)) {
      expect({ name, status, code: error?.code }).toEqual({ name, status: 'failed', code });
    }
  }
  await pipeline.idle();
  const images = [...(await pipeline.images()), ...(await pipeline.images('ims'))];
  expect(images.filter(({ name }) => cases.some(([each]) => each === name))).toEqual([]);
  expect(await workKeys()).toEqual([]);
});

test('a truncated file fails with its code, and leaves nothing', async () => {
  const packed = gzipSync(pattern(2 ** 20));
  const dropped = await pipeline.drop('cut.raw.gz', packed.subarray(0, packed.length - 100));
  for (const record of await settledEverywhere(dropped)) {
    expect(record).toMatchObject({ status: 'failed', error: { code: 'truncated', retryable: false } });
  }
  await pipeline.idle();
  const images = [...(await pipeline.images()), ...(await pipeline.images('ims'))];
  expect(images.filter(({ name }) => name === 'cut')).toEqual([]);
  expect(await workKeys()).toEqual([]);
});

test('a drop whose function is killed while it unpacks becomes one image at each target', async () => {
  faults.kills = 1;
  const records = await settledEverywhere(await pipeline.drop('killed.raw.xz', FIXTURES.xz));
  expect(faults.kills).toBe(0);
  for (const record of records) expect(record).toMatchObject({ status: 'active' });
  const images = [...(await pipeline.images()), ...(await pipeline.images('ims'))];
  expect(images.filter(({ name }) => name === 'killed')).toHaveLength(2);
  await pipeline.idle();
  expect(await workKeys()).toEqual([]);
});
