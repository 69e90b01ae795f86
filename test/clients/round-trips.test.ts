import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inspect } from '../../lambda/formats/inspect.ts';
import { withFileReader } from '../support/file-reader.ts';
import { EFI_SYSTEM, gptStart, LINUX } from '../support/images/partitioned.ts';

const GIB = 2 ** 30;
const CLUSTER_BYTES = 65536;
const USED_BYTES = 1.5 * GIB;

let folder: string;
const inFolder = (name: string): string => join(folder, name);
const qemuImg = (...args: string[]): string => execFileSync('qemu-img', args, { encoding: 'utf8' });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'imagedrop-round-trips-'));
  // A disk of 10 GiB with something in every cluster of its first 1.5, and nearly nothing of it on the real disk.
  const file = openSync(inFolder('disk.raw'), 'w');
  const sectors = (10 * GIB) / 512;
  const start = gptStart(20_480, [
    [EFI_SYSTEM, 2048, 411_647],
    [LINUX, 411_648, sectors - 40],
  ]);
  writeSync(file, start);
  for (let place = start.length; place < USED_BYTES; place += CLUSTER_BYTES) writeSync(file, 'x', place);
  truncateSync(inFolder('disk.raw'), 10 * GIB);
  closeSync(file);
});

afterAll(() => rmSync(folder, { recursive: true }));

async function trafficOf(name: string) {
  const { result, traffic } = await withFileReader(inFolder(name), inspect);
  rmSync(inFolder(name));
  return { ...traffic, partitions: result.partitionTable?.partitions.length };
}

describe('a disk of 10 GiB, 1.5 of it used, with a GPT, is inspected', () => {
  test.each([
    ['qcow2', ['-O', 'qcow2'], 2, 448],
    ['qcow2 of version 2', ['-O', 'qcow2', '-o', 'compat=0.10'], 2, 448],
    ['qcow2 compressed', ['-c', '-O', 'qcow2'], 2, 448],
    ['qcow2 compressed with zstd', ['-c', '-O', 'qcow2', '-o', 'compression_type=zstd'], 2, 448],
    ['vdi', ['-O', 'vdi'], 2, 448],
    // All of the 320 grain tables, which are 640 KiB: they hold no summary of what is in use.
    ['vmdk', ['-O', 'vmdk'], 3, 768],
    ['vmdk compressed', ['-O', 'vmdk', '-o', 'subformat=streamOptimized'], 4, 768],
    // Both of its headers and both region tables are 64 KiB each.
    ['vhdx', ['-O', 'vhdx'], 4, 480],
  ] as const)('as %s in few round trips', async (_name, args, roundTrips, maxKibibytes) => {
    qemuImg('convert', '-f', 'raw', ...args, inFolder('disk.raw'), inFolder('image'));
    const traffic = await trafficOf('image');
    expect(traffic).toMatchObject({ partitions: 2, roundTrips });
    expect(traffic.reads).toBeLessThanOrEqual(8);
    expect(traffic.bytes).toBeLessThanOrEqual(maxKibibytes * 1024);
  });
});

test('an empty qcow2 of 10 GiB is inspected in two round trips', async () => {
  qemuImg('create', '-q', '-f', 'qcow2', inFolder('empty'), '10G');
  expect(await trafficOf('empty')).toMatchObject({ roundTrips: 2, reads: 3 });
});
