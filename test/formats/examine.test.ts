import { describe, expect, test } from '@jest/globals';
import { type Check, examine, type InspectOptions } from '../../lambda/formats/inspect.ts';
import { bytesReader } from '../../lambda/formats/reading/reader.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { patched, u32be, u64be } from '../support/images/patched.ts';
import { qcow2Image } from '../support/images/qcow2.ts';
import { DISK } from '../support/images/samples.ts';
import { monolithicSparseVmdk, vmdkDescriptor } from '../support/images/vmdk.ts';

const qcow2 = qcow2Image(DISK);
const of = (image: Buffer, options?: InspectOptions) => examine(bytesReader(image), options);
const inOrder = (checks: readonly Check[], ...outcomes: Check['outcome'][]) =>
  checks.filter(({ outcome }) => outcomes.includes(outcome)).map(({ title }) => title);

describe('an examination', () => {
  test('of a sound image tells what was looked at, and where', async () => {
    const { verdict, found, error, checks } = await of(qcow2);
    expect([verdict, error, found?.format]).toEqual(['accept', undefined, 'qcow2']);
    expect(checks).toContainEqual({
      code: 'backing-file',
      title: 'backing file',
      at: 'u64@8',
      cve: 'CVE-2015-5163',
      outcome: 'passed',
    });
    expect(checks).toContainEqual(
      expect.objectContaining({ code: 'external-data-file', at: 'header extension 44415441', outcome: 'passed' }),
    );
    expect(checks).toContainEqual(
      expect.objectContaining({ code: 'partition-table', detail: 'MBR in sectors of 512 bytes, partitions: 1.' }),
    );
  });

  test('of a dangerous image names the place and the attack, and what was not looked at any more', async () => {
    const extensions = [...u32be(0x6803f857), ...u32be(0), ...u32be(0x44415441), ...u32be(8)];
    const { verdict, found, error, checks } = await of(patched(qcow2, { 104: extensions }));
    expect([verdict, found]).toEqual(['refuse', undefined]);
    expect(error).toBeInstanceOf(ImageDropError);
    expect(checks.filter(({ outcome }) => outcome === 'refused')).toEqual([
      {
        code: 'external-data-file',
        title: 'data file, by a header extension',
        at: 'header extension at 112',
        cve: 'CVE-2024-32498',
        outcome: 'refused',
        detail: 'The qcow2 header names a data file (CVE-2024-32498).',
      },
    ]);
    expect(error?.message).toBe('The qcow2 header names a data file (CVE-2024-32498).');
    expect(inOrder(checks, 'passed')).toContain('backing file');
    expect(checks).toContainEqual(
      expect.objectContaining({
        title: 'clusters in use lie inside the file',
        outcome: 'skipped',
        detail: 'Not made: the file had been refused before.',
      }),
    );
    // What was not made comes last, so that the checks read as they were made.
    const firstSkipped = checks.findIndex(({ outcome }) => outcome === 'skipped');
    expect(checks.slice(firstSkipped).every(({ outcome }) => outcome === 'skipped')).toBe(true);
  });

  test('of an image that is accepted with a remark shows the remark where it was found', async () => {
    const { verdict, found, checks } = await of(patched(qcow2, { 72: u64be(1) }));
    const warned = checks.filter(({ outcome }) => outcome === 'warned');
    expect([verdict, warned.map(({ code, at }) => [code, at])]).toEqual([
      'accept',
      [['not-closed-cleanly', 'u64@72 bit 0']],
    ]);
    expect(found?.warnings).toEqual(warned.map(({ detail }) => detail));
  });

  test('of a file that leads past its end calls that a check as well', async () => {
    const { error, checks } = await of(patched(qcow2, { 48: u64be(2 ** 40) }));
    expect(error?.code).toBe('truncated');
    expect(inOrder(checks, 'refused')).toEqual(['all that the headers point to is inside the file']);
  });

  test.each([
    ['accepted', qcow2, 'qcow2'],
    ['accepted as raw', DISK, 'raw'],
    ['refused for what its header says', patched(qcow2, { 8: u64be(512) }), 'qcow2'],
    ['of no signature and refused', Buffer.alloc(1024), undefined],
    ['of two formats', patched(qcow2, { 32769: 'CD001' }), undefined],
    ['empty', Buffer.alloc(0), undefined],
  ])('of a file that is %s gives its format where it is known', async (_name, image, format) => {
    expect((await of(image)).format).toBe(format);
  });

  test('of a file that is declared as another format gives the one that it is', async () => {
    expect(await of(qcow2, { claimedFormat: 'raw' })).toMatchObject({ verdict: 'refuse', format: 'qcow2' });
  });

  test('of an empty file has made one check', async () => {
    const { checks } = await of(Buffer.alloc(0));
    expect(inOrder(checks, 'passed', 'refused', 'warned')).toEqual(['the file has bytes']);
  });

  test.each([
    [
      'a VMDK that names another file',
      monolithicSparseVmdk(DISK, { descriptor: vmdkDescriptor('monolithicFlat', 300) }),
      {},
      'CVE-2022-47951',
    ],
    ['two formats', patched(qcow2, { 32769: 'CD001' }), {}, 'CVE-2024-32498'],
    ['qcow2 that is said to be raw', qcow2, { claimedFormat: 'raw' }, 'CVE-2015-1851'],
    ['a backing file', patched(qcow2, { 8: u64be(512) }), {}, 'CVE-2015-5163'],
  ])('of %s names the attack', async (_name, image, options, cve) => {
    const { error, checks } = await of(image, options);
    expect(checks.find(({ outcome }) => outcome === 'refused')?.cve).toBe(cve);
    expect(error?.message).toMatch(new RegExp(`\\(${cve}\\)\\.$`));
  });

  test('is not a verdict when the reader fails, though that be in our family of errors', async () => {
    const gone = new ImageDropError('object-gone', 'The object was deleted.');
    await expect(examine({ size: 10, read: () => Promise.reject(gone) })).rejects.toBe(gone);
  });
});
