import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { dropFile } from '../../bin/upload/upload-file.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { type OpenStack, startOpenStack } from '../../local/contributing/openstack/openstack.ts';
import { realCloud } from '../pipeline/cloud.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import { pipelineCases } from '../pipeline/pipeline-cases.ts';
import { rawDisk } from '../support/disk.ts';
import { sameBytes, writeRandomDisk } from '../support/disk-files.ts';
import { SAMPLES } from '../support/images/samples.ts';
import { OpenStackClient } from './openstack-client.ts';

const run = promisify(execFile);
const MIB = 2 ** 20;

let folder: string;
let openStack: OpenStack;
let judge: OpenStackClient;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-openstack-'));
  openStack = await startOpenStack(folder);
  judge = new OpenStackClient(openStack.cloudsYamlFile);
});
afterAll(async () => {
  await openStack?.stop();
  await rm(folder, { recursive: true, force: true });
});

const startPipeline = (target: object = {}) =>
  Pipeline.start({ cloud: realCloud(openStack), targets: { openstack: { kind: 'glance', ...target } } });

describe('the pipeline on a real cloud', () => {
  pipelineCases(() => startPipeline());
});

describe('files on a real cloud', () => {
  let pipeline: Pipeline;
  beforeAll(async () => {
    pipeline = await startPipeline();
  });
  afterAll(() => pipeline?.stop());

  const inFolder = (name: string) => join(folder, name);

  async function drop(name: string): Promise<DropRecord> {
    const file = { path: inFolder(name), key: `images/${name}`, size: (await stat(inFolder(name))).size };
    const versionId = await dropFile(pipeline.s3, pipeline.dropBucket, file);
    return pipeline.settled({ key: file.key, versionId }, undefined, 200_000);
  }

  /** What the record says, the cloud must say too, and it must have stored the same bytes. */
  async function agrees(record: DropRecord, name: string, sent = inFolder(name)): Promise<void> {
    const id = record.image?.id ?? '';
    const { json } = await (await pipeline.imageClient()).ask('GET', `/v2/images/${id}`);
    expect(json).toMatchObject({
      status: 'active',
      name: record.sent?.name,
      disk_format: record.sent?.diskFormat,
      min_disk: record.sent?.minDisk,
      size: record.plan?.range.length,
      imagedrop_id: id,
      imagedrop_record: record.sent?.properties.imagedrop_record,
    });
    expect(await sameBytes(sent, pipeline.cloud.imageFile(id))).toBe(true);
  }

  /** qemu-img's name of each format with its options, and the disk_format that is to be declared. */
  const MADE = [
    ['a.qcow2', 'qcow2', '', 'qcow2'],
    ['b.qcow2', 'qcow2', 'compat=0.10', 'qcow2'],
    ['c.qcow2', 'qcow2', 'compression_type=zstd', 'qcow2'],
    ['d.vmdk', 'vmdk', 'subformat=monolithicSparse', 'vmdk'],
    ['e.vmdk', 'vmdk', 'subformat=streamOptimized', 'vmdk'],
    ['f.vhd', 'vpc', 'subformat=dynamic,force_size=on', 'vhd'],
    ['g.vhdx', 'vhdx', 'subformat=dynamic', 'vhdx'],
    ['h.vhdx', 'vhdx', 'subformat=fixed', 'vhdx'],
    ['i.vdi', 'vdi', '', 'vdi'],
    ['j.vdi', 'vdi', 'static=on', 'vdi'],
    ['k.img', 'raw', '', 'raw'],
  ] as const;

  test('of each format that the schema takes become images with the same bytes', async () => {
    await writeRandomDisk(inFolder('disk'), 64 * MIB);
    for (const [name, format, options] of MADE) {
      const creation = options === '' ? [] : ['-o', options];
      await run('qemu-img', ['convert', '-f', 'raw', '-O', format, ...creation, inFolder('disk'), inFolder(name)]);
    }
    const records = await Promise.all(MADE.map(([name]) => drop(name)));
    for (const [index, [name, , , diskFormat]] of MADE.entries()) {
      const record = records[index];
      expect(record).toMatchObject({
        status: 'active',
        sent: { diskFormat },
        verification: { outcome: 'verified', algorithm: 'sha512' },
      });
      await agrees(record as DropRecord, name);
    }
  });

  test('that are fixed VHDs go as the raw disk that they hold', async () => {
    await run('qemu-img', [
      'convert',
      '-f',
      'raw',
      '-O',
      'vpc',
      '-o',
      'subformat=fixed,force_size=on',
      inFolder('disk'),
      inFolder('l.vhd'),
    ]);
    const record = await drop('l.vhd');
    expect(record).toMatchObject({
      status: 'active',
      found: { format: 'vhd', subformat: 'fixed' },
      sent: { diskFormat: 'raw' },
    });
    await agrees(record, 'l.vhd', inFolder('disk'));
  });

  test('of 1 GiB arrive as they were, and the cloud’s own client downloads them', async () => {
    await writeRandomDisk(inFolder('gib.img'), 1024 * MIB);
    const record = await drop('gib.img');
    expect(record).toMatchObject({ status: 'active', verification: { outcome: 'verified', size: 1024 * MIB } });
    await agrees(record, 'gib.img');
    await judge.save(record.image?.id ?? '', inFolder('saved'));
    expect(await sameBytes(inFolder('gib.img'), inFolder('saved'))).toBe(true);
  });

  test('dropped twenty at once become twenty images', async () => {
    const disks = Array.from({ length: 20 }, (_, index) => rawDisk(MIB, index + 1));
    const dropped = await Promise.all(disks.map((disk, index) => pipeline.drop(`many/${index}.img`, disk)));
    const records = await Promise.all(dropped.map((each) => pipeline.settled(each, undefined, 200_000)));
    expect(new Set(records.map(({ status }) => status))).toEqual(new Set(['active']));
    const listed = await judge.list();
    for (const [index, record] of records.entries()) {
      const { id } = record.image ?? { id: '' };
      const checksum = createHash('md5')
        .update(disks[index] ?? '')
        .digest('hex');
      expect(listed.filter(({ ID }) => ID === id)).toMatchObject([{ Status: 'active', Size: MIB, Checksum: checksum }]);
    }
    const ofThese = listed.filter(({ ID }) => records.some(({ image }) => image?.id === ID));
    expect(ofThese).toHaveLength(20);
  });

  test('in the middle of whose upload the server is killed become one image all the same', async () => {
    const key = 'gib.img';
    const versionId = await dropFile(pipeline.s3, pipeline.dropBucket, {
      path: inFolder(key),
      key,
      size: 1024 * MIB,
    });
    for (;;) {
      const record = await pipeline.record({ key, versionId });
      if ((record?.progress?.bytes ?? 0) > 0) break;
      await sleep(20);
    }
    await openStack.glance.kill();
    await openStack.glance.start();
    const record = await pipeline.settled({ key, versionId }, undefined, 280_000);
    expect(record).toMatchObject({ status: 'active', verification: { outcome: 'verified' } });
    const alive = (await pipeline.images()).filter(({ name }) => name === 'gib');
    expect(alive.filter(({ status }) => status === 'saving')).toEqual([]);
  });
});

describe('a cloud of other settings', () => {
  let pipeline: Pipeline | undefined;
  afterEach(() => pipeline?.stop());

  async function settled(target: object, key: string, disk = rawDisk(MIB)): Promise<DropRecord> {
    pipeline = await startPipeline(target);
    return pipeline.settled(await pipeline.drop(key, disk), undefined, 200_000);
  }

  test('refuses a format before anything is created, and the record names what it takes', async () => {
    await openStack.glance.restart({ diskFormats: ['raw', 'iso'] });
    const qcow2 = SAMPLES.find(({ format }) => format === 'qcow2')?.bytes;
    const record = await settled({}, 'refused.qcow2', qcow2);
    expect(record).toMatchObject({ status: 'failed', error: { code: 'format-not-taken' } });
    expect(record.error?.message).toContain('it takes raw, iso');
    expect(record.image).toBeUndefined();
    expect((await judge.list()).filter(({ Name }) => Name === 'refused')).toEqual([]);
  });

  test('fetches the object itself where its filter is open to the bucket', async () => {
    pipeline = await startPipeline({ route: 'import' });
    const { hostname, port } = new URL(pipeline.stack.endpoints.s3);
    await openStack.glance.restart({ importFilter: { allowedHosts: [hostname], allowedPorts: [Number(port)] } });
    const disk = rawDisk(64 * MIB);
    const record = await pipeline.settled(await pipeline.drop('by import/läufer.img', disk), undefined, 200_000);
    expect(record).toMatchObject({
      status: 'active',
      plan: { route: 'import' },
      import: { askedAt: expect.any(String) },
      verification: { outcome: 'verified', algorithm: 'sha512', size: 64 * MIB },
    });
    expect((await pipeline.storedBytes(record)).equals(disk)).toBe(true);
  });

  test('fails a drop that its filter does not let it fetch, and keeps no image of it', async () => {
    await openStack.glance.restart({ importFilter: {} });
    const record = await settled({ route: 'import' }, 'filtered.img');
    expect(record).toMatchObject({ status: 'failed', error: { code: 'import-refused', retryable: false } });
    expect(JSON.stringify(record)).not.toContain('X-Amz-Signature');
    expect((await judge.list()).filter(({ Name }) => Name === 'filtered')).toEqual([]);
  });

  test('that offers no import fails a target that is set to it', async () => {
    await openStack.glance.restart({ importMethods: ['copy-image'] });
    const record = await settled({ route: 'import' }, 'not-offered.img');
    expect(record).toMatchObject({ status: 'failed', error: { code: 'route-not-offered' } });
  });
});
