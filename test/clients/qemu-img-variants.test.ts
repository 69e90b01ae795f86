import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RangeReader } from '../../lambda/formats/reading/reader.ts';
import { rawDisk } from '../support/disk.ts';
import { judged } from '../support/laws.ts';

const MIB = 1024 * 1024;
/** Where qemu-img has another name. */
const NAMES: Readonly<Record<string, string>> = { vpc: 'vhd' };

let folder: string;
const inFolder = (name: string): string => join(folder, name);
const qemuImg = (...args: string[]): string => execFileSync('qemu-img', args, { encoding: 'utf8' });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'imagedrop-variants-'));
  // Content in some places only, none of them at the end.
  const disk = Buffer.concat([
    rawDisk(3 * MIB),
    Buffer.alloc(4 * MIB),
    Buffer.alloc(MIB, 'imagedrop'),
    Buffer.alloc(8 * MIB),
  ]);
  writeFileSync(inFolder('disk.raw'), disk);
});

afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => rmSync(inFolder('image'), { force: true }));

/** A file on the disk: some of these are larger than memory. */
function fileReader(path: string): RangeReader {
  return {
    size: statSync(path).size,
    async read(offset, length) {
      const bytes = Buffer.alloc(length);
      const file = openSync(path, 'r');
      try {
        readSync(file, bytes, 0, length, offset);
      } finally {
        closeSync(file);
      }
      return bytes;
    },
  };
}

/** Makes the image and compares what both find in it. */
async function expectSameIn(format: string): Promise<void> {
  const info = JSON.parse(qemuImg('info', '--output=json', '-f', format, inFolder('image')));
  const { verdict, found } = await judged(fileReader(inFolder('image')));
  expect(verdict).toBe('accepted');
  expect(found).toMatchObject({ format: NAMES[format] ?? format, virtualSize: info['virtual-size'] });
}

const converted = (format: string, options: string, ...more: string[]): string =>
  qemuImg('convert', '-q', '-f', 'raw', '-O', format, ...more, '-o', options, inFolder('disk.raw'), inFolder('image'));

const sizes = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, n) => 2 ** (first + n));

describe('a disk with some content is found as qemu-img writes it:', () => {
  test.each<[format: string, options: string, ...more: string[]]>([
    ...sizes(10, 20).map((bytes): [string, string] => ['qcow2', `cluster_size=${bytes}`]),
    ...sizes(9, 21).map((bytes): [string, string] => ['qcow2', `compat=0.10,cluster_size=${bytes}`]),
    ...sizes(1, 5).map((bits): [string, string] => ['qcow2', `refcount_bits=${bits}`]),
    ['qcow2', 'preallocation=falloc'],
    ['qcow2', 'preallocation=metadata,cluster_size=512'],
    ['qcow2', 'lazy_refcounts=on,cluster_size=4096'],
    ['qcow2', 'compression_type=zlib', '-c'],
    ['qcow2', 'compression_type=zstd', '-c'],
    ['qcow2', 'compression_type=zstd,cluster_size=2M', '-c'],
    ['qcow2', 'compat=0.10', '-c'],
    ...sizes(12, 20).map((bytes): [string, string] => ['qed', `cluster_size=${bytes}`]),
    ...[2, 8, 16].map((clusters): [string, string] => ['qed', `table_size=${clusters}`]),
    ['vmdk', 'adapter_type=lsilogic'],
    ['vmdk', 'adapter_type=buslogic,compat6=on'],
    ['vmdk', 'hwversion=13,toolsversion=2147483647'],
    ['vmdk', 'zeroed_grain=on'],
    ['vmdk', 'subformat=streamOptimized,adapter_type=lsilogic'],
    ...[1, 2, 8, 32, 64, 256].map((mebibytes): [string, string] => ['vhdx', `block_size=${mebibytes}M`]),
    ['vhdx', 'log_size=8M'],
    ['vhdx', 'block_state_zero=off'],
    ['vhdx', 'subformat=fixed,block_size=1M'],
  ])('%s with %s %s', async (format, options, ...more) => {
    converted(format, options, ...more);
    await expectSameIn(format);
  });
});

describe('an empty disk of any size is found as qemu-img makes it:', () => {
  test.each([
    ...['qcow2', 'qed', 'vmdk', 'vhdx', 'vdi'].flatMap((format) => [
      [format, '1M'],
      [format, '2T'],
    ]),
    ['qcow2', '512'],
    ['qcow2', '64T'],
    ['qcow', '1T'],
    ['qed', '64T'],
    ['vpc', '1M'],
    ['vpc', '127G'],
    ['vpc', '2040G'],
    ['vhdx', '64T'],
  ])('%s of %s', async (format, size) => {
    qemuImg('create', '-q', '-f', format, inFolder('image'), size);
    await expectSameIn(format);
  });

  test.each([
    ['vpc', 'subformat=fixed,force_size=on', '100G'],
    ['vdi', 'static=on', '1G'],
    ['qcow2', 'preallocation=metadata', '100G'],
    ['qcow2', 'cluster_size=512,preallocation=metadata', '1G'],
    ['qcow2', 'cluster_size=2M,preallocation=metadata', '1T'],
  ])(
    '%s with %s of %s',
    async (format, options, size) => {
      qemuImg('create', '-q', '-f', format, '-o', options, inFolder('image'), size);
      await expectSameIn(format);
    },
    60_000,
  );
});

describe('a qcow2 image is found after qemu-img has', () => {
  beforeEach(() => void converted('qcow2', 'compat=1.1'));

  test('taken a snapshot, which is remarked on', async () => {
    qemuImg('snapshot', '-c', 'before', inFolder('image'));
    const { found } = await judged(fileReader(inFolder('image')));
    expect(found?.warnings).toEqual([expect.stringContaining('1 internal snapshots')]);
  });

  test('deleted the snapshot that it took', async () => {
    qemuImg('snapshot', '-c', 'before', inFolder('image'));
    qemuImg('snapshot', '-d', 'before', inFolder('image'));
    await expectSameIn('qcow2');
  });

  test('added persistent bitmaps', async () => {
    qemuImg('bitmap', '--add', inFolder('image'), 'daily');
    qemuImg('bitmap', '--add', '-g', '1M', inFolder('image'), 'weekly');
    await expectSameIn('qcow2');
  });

  test.each(['+1G', '+10T'])('grown it by %s', async (size) => {
    qemuImg('resize', '-q', inFolder('image'), size);
    await expectSameIn('qcow2');
  });

  test('shrunk it', async () => {
    qemuImg('resize', '-q', '--shrink', inFolder('image'), '4M');
    await expectSameIn('qcow2');
  });

  test.each(['compat=0.10', 'lazy_refcounts=on', 'refcount_bits=64'])('amended it to %s', async (option) => {
    qemuImg('amend', '-q', '-o', option, inFolder('image'));
    await expectSameIn('qcow2');
  });

  test('made it stand alone again, after it had a backing file', async () => {
    qemuImg('create', '-q', '-f', 'qcow2', '-b', inFolder('image'), '-F', 'qcow2', inFolder('overlay'));
    qemuImg('rebase', '-q', '-b', '', inFolder('overlay'));
    const { verdict } = await judged(fileReader(inFolder('overlay')));
    expect(verdict).toBe('accepted');
  });
});

describe('what qemu-img makes is refused when half of it is missing:', () => {
  test.each(['qcow2', 'vpc', 'vhdx', 'vdi'])('%s', async (format) => {
    converted(format, 'size=16M');
    const whole = fileReader(inFolder('image'));
    const half: RangeReader = { size: Math.floor(whole.size / 2), read: whole.read };
    const { verdict } = await judged(half);
    expect(verdict).toBe('truncated');
  });
});
