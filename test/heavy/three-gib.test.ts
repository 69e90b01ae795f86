import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { dropFile } from '../../bin/upload/upload-file.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import { sameBytes, writeRandomDisk } from '../support/disk-files.ts';

jest.setTimeout(600_000);

const SIZE = 3 * 2 ** 30;

let pipeline: Pipeline;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-heavy-'));
  pipeline = await Pipeline.start();
});
afterAll(async () => {
  await pipeline?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** MB that the function's processes held at most, as its log reports them. */
async function peakMemory(functionName: string): Promise<number> {
  const logs = join(pipeline.folder, 'stack/logs');
  const [name] = (await readdir(logs)).filter((each) => each.includes(functionName));
  const reports = (await readFile(join(logs, name ?? ''), 'utf8')).matchAll(/Max Memory Used: (\d+) MB/g);
  return Math.max(...Array.from(reports, ([, megabytes]) => Number(megabytes)));
}

test('3 GiB of random bytes go through a function of less than 200 MiB and arrive as they were', async () => {
  const path = join(folder, 'big.img');
  await writeRandomDisk(path, SIZE);
  const versionId = await dropFile(pipeline.s3, pipeline.dropBucket, { path, key: 'big.img', size: SIZE });
  const record = await pipeline.settled({ key: 'big.img', versionId }, undefined, 500_000);
  expect(record).toMatchObject({ status: 'active', verification: { outcome: 'verified', size: SIZE } });
  expect(await sameBytes(path, pipeline.cloud.imageFile(record.image?.id ?? ''))).toBe(true);
  expect(await peakMemory('StreamUpload')).toBeLessThan(200);
});
