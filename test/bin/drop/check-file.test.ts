import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { lookAt } from '../../../bin/drop/check-file.ts';
import type { DropOptions } from '../../../bin/drop/options.ts';
import { takeFiles } from '../../../bin/drop/take-files.ts';

const OPTIONS: DropOptions = { metadata: {}, unchecked: false, wait: false, json: false, files: [] };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-folder-'));
  await mkdir(join(folder, 'images/linux'), { recursive: true });
  await writeFile(join(folder, 'images/linux/disk.bin'), Buffer.alloc(1000, 7));
});
afterEach(() => rm(folder, { recursive: true }));

async function refusalOfDisk() {
  const { files } = await takeFiles([join(folder, 'images')], undefined, new AbortController().signal);
  const disk = files.find(({ key }) => key === 'linux/disk.bin');
  if (disk === undefined) throw new Error('The folder has a disk.');
  return (await lookAt(disk, OPTIONS)).refusal?.code;
}

test('the top of a dropped folder is the top of the bucket, wherever the command runs', async () => {
  expect(await refusalOfDisk()).toBe('not-a-disk-image');
  await writeFile(join(folder, 'images/imagedrop.yaml'), 'disk_format: raw\n');
  expect(await refusalOfDisk()).toBeUndefined();
});

test('metadata above a dropped folder say nothing of it', async () => {
  await writeFile(join(folder, 'imagedrop.yaml'), 'disk_format: raw\n');
  const env = jest.replaceProperty(process, 'env', { ...process.env, INIT_CWD: folder });
  expect(await refusalOfDisk()).toBe('not-a-disk-image');
  env.restore();
});
