import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { dropFile } from '../../bin/upload/upload-file.ts';
import { recordKey } from '../../lambda/model/drop.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { type ObsCloud, obsCloud } from '../pipeline/obs-cloud.ts';
import { type Dropped, Pipeline } from '../pipeline/pipeline.ts';
import { sameBytes, writeRandomDisk } from '../support/disk-files.ts';

jest.setTimeout(600_000);

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

const DEATH = /was ended by SIGKILL before it answered/g;

/** Kills functions of stream-upload at their work, the oldest first, one after the other. */
async function killAtWork(deaths: number, dropped: Dropped): Promise<void> {
  for (let dead = 0; dead < deaths; dead = count(await log(), DEATH)) {
    if ((await pipeline.record(dropped))?.status !== 'uploading') throw new Error('It was staged before all had died.');
    const pid = (await processes()).at(0);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    // One that had nothing to do dies unmentioned.
    for (let waits = 0; waits < 10 && count(await log(), DEATH) === dead; waits += 1) await pause(50);
  }
}

/** Until several chunks are being copied: one that dies before it could say so keeps its message for a quarter of an hour. */
async function untilAtWork(): Promise<void> {
  while (count(await log(), /START RequestId/g) < 4) await pause(50);
  await pause(2000);
}

/** For a reader who wants to know how fast it was. */
function figures({ history }: DropRecord, peaks: readonly number[], seconds: readonly number[]): string {
  const at = (status: string) => Date.parse(history.find((entry) => entry.status === status)?.at ?? '') / 1000;
  const staged = at('processing') - at('uploading');
  const each = seconds.toSorted((one, other) => one - other).map((one) => one.toFixed(1));
  return `staged in ${staged.toFixed(1)} s; ${seconds.length} invocations of ${each.join(', ')} s; at most ${Math.max(...peaks)} MB`;
}

test('2,214 MB are staged by many functions, and two are killed, and registered as one image', async () => {
  const path = join(folder, 'big.img');
  await writeRandomDisk(path, SIZE);
  const versionId = await dropFile(pipeline.s3, pipeline.dropBucket, { path, key: KEY, size: SIZE });
  const dropped = { key: KEY, versionId };
  await untilAtWork();
  await pipeline.send('UploadQueueUrl', {
    record: recordKey({ key: KEY, id: versionId }, service.cloud.name),
    chunk: 7,
  });
  await killAtWork(2, dropped);

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
  expect(count(lines, DEATH)).toBe(2);
  const peaks = Array.from(lines.matchAll(/Max Memory Used: (\d+) MB/g), ([, megabytes]) => Number(megabytes));
  expect(Math.max(...peaks)).toBeLessThan(350);
  const seconds = Array.from(lines.matchAll(/\tDuration: ([\d.]+) ms/g), ([, ms]) => Number(ms) / 1000);
  process.stdout.write(`${figures(record, peaks, seconds)}\n`);
});
