import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ImageClient, TestCloud } from './cloud.ts';
import { isoImage, mbr, qcow2, qed, vdi, vhd, vmdk } from './disk-images.ts';

let cloud: TestCloud;
let glance: ImageClient;
beforeAll(async () => {
  cloud = await TestCloud.start();
  glance = await cloud.glance();
});
afterAll(() => cloud.stop());

const GIB = 1024 ** 3;

describe('content that Glance takes', () => {
  test.each([
    ['qcow2', qcow2(), GIB],
    ['vmdk', vmdk(), GIB],
    ['vhd', vhd(), GIB],
    ['vdi', vdi(), GIB],
    ['iso', isoImage(), isoImage().length],
  ])('as %s shows the virtual size of its header', async (diskFormat, bytes, virtualSize) => {
    const id = await glance.created({ disk_format: diskFormat });
    expect((await glance.upload(id, bytes)).status).toBe(204);
    expect(await glance.image(id)).toMatchObject({ status: 'active', size: bytes.length, virtual_size: virtualSize });
  });

  test.each([
    ['a partition table declared raw', 'raw', mbr()],
    ['a safe qcow2 declared raw', 'raw', qcow2()],
    ['a bootable ISO', 'iso', isoImage(mbr())],
    ['no known format declared ami', 'ami', Buffer.from('kernel')],
  ])('is also %s', async (_case, diskFormat, bytes) => {
    const id = await glance.created({ disk_format: diskFormat });
    expect((await glance.upload(id, bytes)).status).toBe(204);
  });

  test('is everything inside of a container, which it does not look into', async () => {
    const id = await glance.created({ disk_format: 'vmdk', container_format: 'ova' });
    expect((await glance.upload(id, qed())).status).toBe(204);
  });
});

describe('content that Glance refuses after the whole body', () => {
  test.each([
    ['a qcow2 with a backing file', 'qcow2', qcow2({ backingOffset: 0x200 }), 'safety checks'],
    ['a qcow2 with an external data file', 'qcow2', qcow2({ incompatible: 4n }), 'safety checks'],
    ['a qcow2 with unknown features', 'qcow2', qcow2({ incompatible: 32n }), 'safety checks'],
    ['qcow version 1', 'qcow2', qcow2({ version: 1 }), 'safety checks'],
    ['a dangerous qcow2 declared raw', 'raw', qcow2({ backingOffset: 0x200 }), 'safety checks'],
    ['QED', 'raw', qed(), 'safety checks'],
    ['a VMDK whose extent is a path', 'vmdk', vmdk({ extent: '/etc/passwd' }), 'safety checks'],
    ['a VMDK of several files', 'vmdk', vmdk({ createType: 'monolithicFlat' }), 'safety checks'],
    ['only the descriptor of a VMDK', 'vmdk', Buffer.from('# Disk DescriptorFile\n'.padEnd(512)), 'safety checks'],
    ['raw declared qcow2', 'qcow2', randomBytes(4096), 'disk_format qcow2 does not match stream data raw'],
    ['qcow2 declared vmdk', 'vmdk', qcow2(), 'disk_format vmdk does not match stream data qcow2'],
    ['a fixed VHD declared vhd', 'vhd', Buffer.concat([mbr(), vhd()]), 'does not match stream data gpt'],
    ['two formats at once', 'qcow2', isoImage(qcow2()), 'Multiple formats detected'],
    ['nothing at all declared qcow2', 'qcow2', Buffer.alloc(0), 'does not match stream data raw'],
  ])('is %s', async (_case, diskFormat, bytes, reason) => {
    const id = await glance.created({ disk_format: diskFormat });
    const reply = await glance.upload(id, bytes);
    expect(reply.status).toBe(415);
    expect(reply.text).toContain(reason);
    expect(await glance.image(id)).toMatchObject({ status: 'queued', size: null });
    expect(existsSync(cloud.simulator.imageFile(id))).toBe(false);
  });

  test('leaves its hashes behind, so that another file for the same image ends in 500', async () => {
    const id = await glance.created({ disk_format: 'qcow2' });
    expect((await glance.upload(id, randomBytes(512))).status).toBe(415);
    expect((await glance.upload(id, qcow2())).status).toBe(500);
    expect((await glance.image(id)).status).toBe('queued');
  });

  test('is nothing before Glance 30', async () => {
    const older = await TestCloud.start({ glance: { inspectsContent: false } });
    const client = await older.glance();
    const id = await client.created({ disk_format: 'qcow2' });
    expect((await client.upload(id, 'no qcow2')).status).toBe(204);
    expect(await client.image(id)).toMatchObject({ status: 'active', virtual_size: null });
    await older.stop();
  });
});

test('the virtual size is found before Glance 30, too', async () => {
  const older = await TestCloud.start({ glance: { inspectsContent: false } });
  const client = await older.glance();
  const sizeOf = async (disk_format: string, bytes: Buffer) => {
    const id = await client.created({ disk_format });
    await client.upload(id, bytes);
    return (await client.image(id)).virtual_size;
  };
  expect([await sizeOf('raw', mbr()), await sizeOf('qcow2', qcow2())]).toEqual([mbr().length, GIB]);
  await older.stop();
});
