import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { examine } from '../../lambda/formats/inspect.ts';
import type { FoundImage, Partition } from '../../lambda/model/image.ts';
import { withFileReader } from '../support/file-reader.ts';
import { type DiskLayout, diskLayout, EXTENDED, sfdiskScript } from '../support/images/disk-layout.ts';

const DISKS = 30;
const SECTOR_BYTES = 512;
/** Debian keeps them where only root's PATH leads. */
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

/** As qemu-img makes them: format, options, and whether clusters are compressed. */
const CONTAINERS: [name: string, args: string[]][] = [
  ['raw', ['-O', 'raw']],
  ['qcow2', ['-O', 'qcow2']],
  ['qcow2 compressed', ['-c', '-O', 'qcow2']],
  ['qcow2 compressed with zstd', ['-c', '-O', 'qcow2', '-o', 'compression_type=zstd']],
  ['qcow2 version 2', ['-O', 'qcow2', '-o', 'compat=0.10']],
  ['qcow2 version 2 compressed', ['-c', '-O', 'qcow2', '-o', 'compat=0.10']],
  ['qcow2 in clusters of 512 bytes', ['-O', 'qcow2', '-o', 'cluster_size=512']],
  ['qcow2 in clusters of 2 MiB, compressed', ['-c', '-O', 'qcow2', '-o', 'cluster_size=2M']],
  ['vmdk monolithicSparse', ['-O', 'vmdk', '-o', 'subformat=monolithicSparse']],
  ['vmdk streamOptimized', ['-O', 'vmdk', '-o', 'subformat=streamOptimized']],
  ['vhd dynamic', ['-O', 'vpc', '-o', 'subformat=dynamic']],
  ['vhd fixed', ['-O', 'vpc', '-o', 'subformat=fixed']],
  ['vhdx dynamic', ['-O', 'vhdx', '-o', 'subformat=dynamic']],
  ['vhdx fixed', ['-O', 'vhdx', '-o', 'subformat=fixed']],
  ['vdi dynamic', ['-O', 'vdi']],
  ['vdi static', ['-O', 'vdi', '-o', 'static=on']],
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'imagedrop-partition-tables-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (command: string, args: string[], input = ''): string =>
  execFileSync(command, args, { encoding: 'utf8', input, stdio: 'pipe', env: { ...process.env, PATH } });

function makeDisk(layout: DiskLayout): string {
  const path = join(folder, 'disk.raw');
  rmSync(path, { force: true });
  const file = openSync(path, 'w');
  truncateSync(path, layout.bytes);
  run('sfdisk', ['--quiet', path], sfdiskScript(layout));
  if (layout.hasBootCode) writeSync(file, Buffer.alloc(440, 'GRUB '), 0, 440, 0);
  // Something in each partition, so that the disk is no hole but for its table.
  for (const { type, start } of layout.partitions) {
    if (type !== EXTENDED) writeSync(file, Buffer.alloc(4096, start % 251), 0, 4096, start * SECTOR_BYTES);
  }
  closeSync(file);
  return path;
}

interface SfdiskTable {
  readonly label: string;
  readonly sectorsize: number;
  readonly partitions?: readonly { node: string; start: number; size: number; type: string; name?: string }[];
}

/** What sfdisk reads, in our words. Logical partitions, from the fifth on, lie inside an extended one. */
function asSfdiskReads(path: string): { scheme: string; sectorBytes: number; partitions: Partition[] } {
  const { partitiontable } = JSON.parse(run('sfdisk', ['--json', path])) as { partitiontable: SfdiskTable };
  const { label, sectorsize, partitions = [] } = partitiontable;
  const isMbr = label === 'dos';
  return {
    scheme: isMbr ? 'mbr' : label,
    sectorBytes: sectorsize,
    partitions: partitions
      .filter(({ node }) => !isMbr || Number(/\d+$/.exec(node)?.[0]) <= 4)
      .map(({ start, size, type, name }) => ({
        type: isMbr ? `0x${type.padStart(2, '0')}` : type,
        ...(name === undefined ? {} : { name }),
        offset: start * sectorsize,
        length: size * sectorsize,
      })),
  };
}

/** First and last sector of each partition as `sgdisk -p` prints them. */
const asSgdiskReads = (path: string): number[][] =>
  [...run('sgdisk', ['-p', path]).matchAll(/^ +\d+ +(\d+) +(\d+) /gm)].map(([, first, last]) => [
    Number(first),
    Number(last),
  ]);

/** First and last sector of each partition as `fdisk -l` prints them. */
const asFdiskReads = (path: string): number[][] =>
  run('fdisk', ['-l', '-o', 'Start,End', path])
    .split('\n')
    .filter((line) => /^ *\d+ +\d+$/.test(line))
    .map((line) => line.trim().split(/ +/).map(Number));

const sectorsOf = (partitions: readonly Partition[]): number[][] =>
  partitions.map(({ offset, length }) => [offset / SECTOR_BYTES, (offset + length) / SECTOR_BYTES - 1]);

async function foundIn(path: string): Promise<FoundImage> {
  const { result, traffic } = await withFileReader(path, (reader) => examine(reader));
  if (result.found === undefined) throw result.error;
  expect(traffic.reads).toBeLessThanOrEqual(8);
  expect(traffic.bytes).toBeLessThanOrEqual(2 ** 20);
  return result.found;
}

describe.each(Array.from({ length: DISKS }, (_, index) => diskLayout(index + 1)))('$name', (layout) => {
  let path: string;
  let expected: ReturnType<typeof asSfdiskReads>;
  beforeAll(() => {
    path = makeDisk(layout);
    expected = asSfdiskReads(path);
  });

  test('is divided as fdisk and sgdisk say', async () => {
    const { partitionTable } = await foundIn(path);
    const sectors = sectorsOf(partitionTable?.partitions ?? []);
    expect(sectors).toHaveLength(layout.partitions.length);
    // fdisk lists logical partitions, too, behind the primary ones.
    expect(asFdiskReads(path).slice(0, sectors.length)).toEqual(sectors);
    if (layout.scheme === 'gpt') expect(asSgdiskReads(path)).toEqual(sectors);
  });

  test.each(CONTAINERS)('is read as sfdisk reads it from %s', async (_name, args) => {
    const image = join(folder, 'image');
    rmSync(image, { force: true });
    run('qemu-img', ['convert', '-f', 'raw', ...args, path, image]);
    const { virtualSize, partitionTable, warnings } = await foundIn(image);
    expect(partitionTable).toMatchObject(expected);
    expect(partitionTable?.firmware).toBe(layout.isForUefiOnly ? 'uefi' : undefined);
    // A GPT ends with the disk that it was made on.
    if (layout.scheme === 'gpt') expect(partitionTable?.endBytes).toBe(layout.bytes);
    expect(virtualSize).toBeGreaterThanOrEqual(layout.bytes);
    expect(warnings).toBeUndefined();
  });
});
