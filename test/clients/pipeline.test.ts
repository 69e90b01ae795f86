import { execFile } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Pipeline } from '../pipeline/pipeline.ts';
import { rawDisk } from '../support/disk.ts';

const run = promisify(execFile);
const MIB = 2 ** 20;

/** qemu-img's name of each format, and the file it makes. */
const FILES = [
  ['qcow2', 'a.qcow2'],
  ['vmdk', 'b.vmdk'],
  ['vpc', 'c.vhd'],
  ['vhdx', 'd.vhdx'],
  ['vdi', 'e.vdi'],
] as const;

let pipeline: Pipeline;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-clients-'));
  pipeline = await Pipeline.start();
});
afterAll(async () => {
  await pipeline?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Images of every format, with a partition table and content at both ends and holes between. */
async function makeImages(): Promise<void> {
  const disk = Buffer.alloc(48 * MIB);
  rawDisk(4096).copy(disk, 0, 0, 512);
  randomFillSync(disk, MIB, 12 * MIB);
  randomFillSync(disk, 47 * MIB, MIB);
  await writeFile(join(folder, 'f.img'), disk);
  for (const [format, name] of FILES) {
    await run('qemu-img', ['convert', '-f', 'raw', '-O', format, join(folder, 'f.img'), join(folder, name)]);
  }
}

test('`aws s3 sync` of a folder of images that qemu-img made ends with as many images of the same bytes', async () => {
  await makeImages();
  const env = { ...pipeline.stack.environment(), PATH: process.env.PATH, AWS_CONFIG_FILE: '/dev/null' };
  const url = `s3://${pipeline.dropBucket}/images/`;
  await run('aws', ['--endpoint-url', pipeline.stack.endpoints.s3, 's3', 'sync', '--only-show-errors', folder, url], {
    env,
  });
  const { Versions: versions = [] } = await pipeline.s3.send(
    new ListObjectVersionsCommand({ Bucket: pipeline.dropBucket }),
  );
  expect(versions.map(({ Key }) => Key)).toEqual((await readdir(folder)).sort().map((name) => `images/${name}`));
  for (const { Key: key = '', VersionId: versionId = '' } of versions) {
    const record = await pipeline.settled({ key, versionId });
    expect(record).toMatchObject({ status: 'active', verification: { outcome: 'verified' } });
    const file = await readFile(join(folder, key.replace('images/', '')));
    expect((await pipeline.storedBytes(record)).equals(file)).toBe(true);
  }
});
