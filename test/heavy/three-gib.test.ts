import { randomFillSync } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dropFile } from '../../bin/start/drop-file.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import { rawDisk } from '../support/disk.ts';

const MIB = 2 ** 20;
const SIZE = 3 * 1024 * MIB;

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

async function randomDisk(path: string): Promise<void> {
  const file = await open(path, 'w');
  const chunk = Buffer.alloc(64 * MIB);
  for (let offset = 0; offset < SIZE; offset += chunk.length) {
    randomFillSync(chunk);
    if (offset === 0) rawDisk(4096).copy(chunk, 0, 0, 512);
    await file.write(chunk, 0, chunk.length, offset);
  }
  await file.close();
}

async function sameBytes(one: string, other: string): Promise<boolean> {
  const others = createReadStream(other, { highWaterMark: MIB })[Symbol.asyncIterator]();
  for await (const chunk of createReadStream(one, { highWaterMark: MIB })) {
    const { value } = await others.next();
    if (!chunk.equals(value)) return false;
  }
  return (await others.next()).done === true;
}

/** MB that the function's processes held at most, as its log reports them. */
async function peakMemory(functionName: string): Promise<number> {
  const logs = join(pipeline.folder, 'stack/logs');
  const [name] = (await readdir(logs)).filter((each) => each.includes(functionName));
  const reports = (await readFile(join(logs, name ?? ''), 'utf8')).matchAll(/Max Memory Used: (\d+) MB/g);
  return Math.max(...Array.from(reports, ([, megabytes]) => Number(megabytes)));
}

test('3 GiB of random bytes go through a function of less than 200 MiB and arrive as they were', async () => {
  const path = join(folder, 'big.img');
  await randomDisk(path);
  const versionId = await dropFile(pipeline.s3, pipeline.dropBucket, { path, key: 'big.img', size: SIZE });
  const record = await pipeline.settled({ key: 'big.img', versionId }, 'simulator', 500_000);
  expect(record).toMatchObject({ status: 'active', verification: { outcome: 'verified', size: SIZE } });
  expect(await sameBytes(path, pipeline.simulator.imageFile(record.image?.id ?? ''))).toBe(true);
  expect(await peakMemory('StreamUpload')).toBeLessThan(200);
});
