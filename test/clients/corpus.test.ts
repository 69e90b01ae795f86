import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CORPUS } from '../support/corpus/corpus.ts';
import { fileOf, isAccepted } from '../support/corpus/entry.ts';

/** qemu-img knows the rest by other names, or, as ISO and ZVHD, as raw bytes. */
const QEMU_NAMES: Readonly<Record<string, string>> = { vhd: 'vpc', iso: 'raw' };
const UNKNOWN_TO_QEMU = ['zvhd', 'zvhd2'];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'imagedrop-corpus-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Format and virtual size as qemu-img gives them, by itself or told the format; undefined where it refuses the file. */
function qemuSays(file: string, ...format: string[]): { format: string; virtualSize: number } | undefined {
  const args = ['info', '--output=json', ...format, file];
  const { status, stdout } = spawnSync('qemu-img', args, { encoding: 'utf8' });
  if (status !== 0) return undefined;
  const info = JSON.parse(stdout);
  return { format: info.format, virtualSize: info['virtual-size'] };
}

const cases = CORPUS.flatMap(({ title, entries }) =>
  entries
    .filter(isAccepted)
    .filter(({ expected }) => !UNKNOWN_TO_QEMU.includes(expected.format))
    .map((entry) => ({ entry, expected: entry.expected, says: `${title} ${entry.name}` })),
);

/** What both say of the file; qemu-img never finds a fixed VHD by itself: whoever uploads one must say so. */
function both({ entry, expected }: (typeof cases)[number]) {
  const { format, subformat, virtualSize } = expected;
  const file = join(folder, 'file');
  fileOf(entry).writeTo(file);
  const name = QEMU_NAMES[format] ?? format;
  const told = format === 'vhd' && subformat === 'fixed' ? ['-f', name] : [];
  return { ours: { format: name, virtualSize }, theirs: qemuSays(file, ...told) };
}

describe('qemu-img finds the same format and virtual size in', () => {
  test.each(cases.filter(({ expected }) => expected.unlikeQemu === undefined))('$says', (one) => {
    const { ours, theirs } = both(one);
    expect(theirs).toEqual(ours);
  });
});

describe('qemu-img is known to differ over', () => {
  test.each(cases.filter(({ expected }) => expected.unlikeQemu !== undefined))('$says: $expected.unlikeQemu', (one) => {
    const { ours, theirs } = both(one);
    expect(theirs).not.toEqual(ours);
  });
});
