import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { found, refusal } from '../support/images/refusal.ts';
import { DISK, SAMPLES } from '../support/images/samples.ts';

/** No multiple of any cluster, grain or block but the smallest. */
const RAW_BYTES = 3 * 1024 * 1024 + 512;

let folder: string;
const inFolder = (name: string): string => join(folder, name);
const qemuImg = (...args: string[]): string => execFileSync('qemu-img', args, { encoding: 'utf8' });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'imagedrop-qemu-img-'));
  writeFileSync(inFolder('random.raw'), randomBytes(RAW_BYTES));
  writeFileSync(inFolder('disk.raw'), DISK);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** The random disk as qemu-img makes it: `-o` options, and further arguments before them. */
function converted(format: string, options = '', ...more: string[]): string {
  const file = inFolder('converted');
  const creation = options === '' ? [] : ['-o', options];
  qemuImg('convert', '-f', 'raw', '-O', format, ...more, ...creation, inFolder('random.raw'), file);
  return file;
}

function virtualSizeSays(format: string, file: string): number {
  return JSON.parse(qemuImg('info', '--output=json', '-f', format, file))['virtual-size'];
}

describe('what qemu-img makes is found as it says', () => {
  test.each([
    ['qcow2', 'compat=0.10', 'qcow2', 'v2'],
    ['qcow2', 'compat=1.1', 'qcow2', 'v3'],
    ['qcow2', 'compression_type=zstd', 'qcow2', 'v3'],
    ['qcow2', 'lazy_refcounts=on', 'qcow2', 'v3'],
    ['qcow2', 'preallocation=metadata', 'qcow2', 'v3'],
    ['qcow2', 'preallocation=full', 'qcow2', 'v3'],
    ['qcow2', 'cluster_size=512', 'qcow2', 'v3'],
    ['qcow2', 'cluster_size=2M', 'qcow2', 'v3'],
    ['qcow2', 'refcount_bits=1', 'qcow2', 'v3'],
    ['qcow2', 'refcount_bits=64', 'qcow2', 'v3'],
    ['qcow', '', 'qcow', undefined],
    ['qed', '', 'qed', undefined],
    ['vmdk', 'subformat=monolithicSparse', 'vmdk', 'monolithicSparse'],
    ['vmdk', 'subformat=streamOptimized', 'vmdk', 'streamOptimized'],
    ['vpc', 'subformat=dynamic', 'vhd', 'dynamic'],
    ['vpc', 'subformat=dynamic,force_size=on', 'vhd', 'dynamic'],
    ['vpc', 'subformat=fixed', 'vhd', 'fixed'],
    ['vpc', 'subformat=fixed,force_size=on', 'vhd', 'fixed'],
    ['vhdx', 'subformat=dynamic', 'vhdx', 'dynamic'],
    ['vhdx', 'subformat=fixed', 'vhdx', 'fixed'],
    ['vdi', '', 'vdi', 'dynamic'],
    ['vdi', 'static=on', 'vdi', 'static'],
  ])('%s %s', async (qemuFormat, options, format, subformat) => {
    const file = converted(qemuFormat, options);
    const virtualSize = virtualSizeSays(qemuFormat, file);
    expect(virtualSize).toBeGreaterThanOrEqual(RAW_BYTES);
    const expected = { format, ...(subformat === undefined ? {} : { subformat }), virtualSize };
    expect(await found(readFileSync(file))).toEqual(expected);
  });

  test.each(['qcow2', 'vmdk'])('compressed %s', async (format) => {
    const options = format === 'vmdk' ? 'subformat=streamOptimized' : '';
    expect(await found(readFileSync(converted(format, options, '-c')))).toMatchObject({ format });
  });

  test.each(['qcow2', 'qed', 'vmdk', 'vpc', 'vhdx', 'vdi'])('an empty %s of 40 GiB', async (format) => {
    const file = inFolder('empty');
    qemuImg('create', '-q', '-f', format, file, '40G');
    expect(await found(readFileSync(file))).toMatchObject({ virtualSize: virtualSizeSays(format, file) });
  });

  test('an empty raw disk named .img', async () => {
    const file = inFolder('empty.img');
    qemuImg('create', '-q', '-f', 'raw', file, '1M');
    expect(await found(readFileSync(file), { fileName: file })).toMatchObject({ format: 'raw', virtualSize: 2 ** 20 });
  });
});

describe('what qemu-img makes unsafe or for others is refused', () => {
  test('qcow2 with extended L2 entries', async () => {
    expect(await refusal(readFileSync(converted('qcow2', 'extended_l2=on')))).toBe('unsupported-variant');
  });

  test.each(['qcow2', 'qcow', 'qed'])('%s with a backing file', async (format) => {
    qemuImg('create', '-q', '-f', format, '-b', inFolder('disk.raw'), '-F', 'raw', inFolder('overlay'));
    expect(await refusal(readFileSync(inFolder('overlay')))).toBe('backing-file');
  });

  test('vmdk with a parent', async () => {
    const base = converted('vmdk');
    qemuImg('create', '-q', '-f', 'vmdk', '-b', base, '-F', 'vmdk', inFolder('child.vmdk'));
    expect(await refusal(readFileSync(inFolder('child.vmdk')))).toBe('parent-image');
  });

  test.each(['off', 'on'])('qcow2 with a data file (raw: %s)', async (raw) => {
    const options = `data_file=${inFolder('data')},data_file_raw=${raw}`;
    qemuImg('create', '-q', '-f', 'qcow2', '-o', options, inFolder('split'), '1M');
    expect(await refusal(readFileSync(inFolder('split')))).toBe('external-data-file');
  });

  test.each(['monolithicFlat', 'twoGbMaxExtentSparse', 'twoGbMaxExtentFlat'])('vmdk %s', async (subformat) => {
    expect(await refusal(readFileSync(converted('vmdk', `subformat=${subformat}`)))).toBe('unsafe-extent');
  });

  test('Parallels', async () => {
    expect(await refusal(readFileSync(converted('parallels')))).toBe('unsupported-variant');
  });

  test('a qcow2 image cut in its last cluster but one', async () => {
    const image = readFileSync(converted('qcow2'));
    expect(await refusal(image.subarray(0, -65536))).toBe('truncated');
  });
});

describe('the images that the tests make are read by qemu-img as they are meant', () => {
  const readable = SAMPLES.filter(({ format }) => !['iso', 'zvhd', 'zvhd2', 'raw'].includes(format));

  test.each(readable)('$name', ({ format, bytes }) => {
    writeFileSync(inFolder('sample'), bytes);
    const qemuFormat = format === 'vhd' ? 'vpc' : format;
    const verdict = qemuImg('compare', '-f', 'raw', '-F', qemuFormat, inFolder('disk.raw'), inFolder('sample'));
    expect(verdict).toContain('Images are identical');
  });
});
