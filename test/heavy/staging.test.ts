import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dropFile } from '../../bin/start/drop-file.ts';
import { recordKey } from '../../lambda/model/drop.ts';
import { type ObsCloud, obsCloud } from '../pipeline/obs-cloud.ts';
import { type Dropped, Pipeline } from '../pipeline/pipeline.ts';
import { sameBytes, writeRandomDisk } from '../support/disk-files.ts';

/** 2,214 MB: more than the service takes by one PUT, in nine chunks. */
const SIZE = 33 * 64 * 2 ** 20;
const KEY = 'large images/big disk.img';

let folder: string;
let service: ObsCloud;
let pipeline: Pipeline;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-staging-'));
  service = await obsCloud(folder);
  const { cloud, staging } = service;
  pipeline = await Pipeline.start({ cloud, targets: { [cloud.name]: { kind: 'ims', staging } } });
});
afterAll(async () => {
  await pipeline?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What the host of the functions has written about stream-upload. */
async function log(): Promise<string> {
  const logs = join(pipeline.folder, 'stack/logs');
  const [name] = (await readdir(logs)).filter((each) => each.includes('StreamUpload'));
  return name === undefined ? '' : readFile(join(logs, name), 'utf8');
}

const count = (text: string, pattern: RegExp): number => (text.match(pattern) ?? []).length;

/** The processes of stream-upload, by what Linux says of the children of this one. */
async function processes(): Promise<readonly number[]> {
  const children = (await readFile(`/proc/self/task/${process.pid}/children`, 'utf8')).trim().split(' ').map(Number);
  const ours = await Promise.all(
    children.map(async (pid) =>
      (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).includes('StreamUpload'),
    ),
  );
  return children.filter((_, index) => ours[index]);
}

/** Kills functions of stream-upload at their work until so many have died of it. */
async function killAtWork(deaths: number): Promise<void> {
  while (count(await log(), /was ended by SIGKILL before it answered/g) < deaths) {
    const [pid] = await processes();
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await pause(1500);
  }
}

async function untilUploading(dropped: Dropped): Promise<void> {
  while (((await pipeline.record(dropped))?.progress?.bytes ?? 0) === 0) await pause(100);
}

test('2,214 MB are staged by many functions, of which two are killed, and registered as one image', async () => {
  const path = join(folder, 'big.img');
  await writeRandomDisk(path, SIZE);
  const versionId = await dropFile(pipeline.s3, pipeline.dropBucket, { path, key: KEY, size: SIZE });
  const dropped = { key: KEY, versionId };
  await untilUploading(dropped);
  await pipeline.send('UploadQueueUrl', {
    record: recordKey({ key: KEY, id: versionId }, service.cloud.name),
    chunk: 7,
  });
  await killAtWork(2);

  const record = await pipeline.settled(dropped, undefined, 500_000);
  expect(record).toMatchObject({
    status: 'active',
    generation: 1,
    plan: { route: 'register' },
    register: { percent: 100 },
    verification: { outcome: 'unverified', size: SIZE, reason: expect.stringContaining('md5 of each part') },
    staging: { removedAt: expect.any(String) },
  });
  expect(await sameBytes(path, pipeline.cloud.imageFile(record.image?.id ?? ''))).toBe(true);
  expect(await pipeline.images()).toMatchObject([{ id: record.image?.id, status: 'active' }]);
  expect(await service.left()).toEqual([]);

  await pipeline.idle();
  const lines = await log();
  expect(count(lines, /START RequestId/g)).toBeGreaterThanOrEqual(10);
  expect(count(lines, /was ended by SIGKILL before it answered/g)).toBe(2);
  const peaks = Array.from(lines.matchAll(/Max Memory Used: (\d+) MB/g), ([, megabytes]) => Number(megabytes));
  expect(Math.max(...peaks)).toBeLessThan(350);
});
