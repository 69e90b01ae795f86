import { expect, test } from '@jest/globals';
import { patched, u32be, u64be } from '../support/images/patched.ts';
import { qcowImage } from '../support/images/qcow.ts';
import { refusal } from '../support/images/refusal.ts';
import { DISK } from '../support/images/samples.ts';

const image = qcowImage(DISK);

test.each([
  ['with a backing file', { 8: u64be(100), 16: u32be(4) }, 'backing-file'],
  ['with a backing file without a name', { 8: u64be(100) }, 'backing-file'],
  ['encrypted', { 36: u32be(1) }, 'encrypted'],
  ['with a disk of one byte', { 24: u64be(1) }, 'corrupt-header'],
  ['with clusters of 2^8 bytes', { 32: [8] }, 'corrupt-header'],
  ['with clusters of 2^17 bytes', { 32: [17] }, 'corrupt-header'],
  ['with L2 tables of 2^5 entries', { 33: [5] }, 'corrupt-header'],
  ['with L2 tables of 2^14 entries', { 33: [14] }, 'corrupt-header'],
  ['with its L1 table in the header', { 40: u64be(8) }, 'corrupt-header'],
  ['with its L1 table past the end', { 40: u64be(image.length - 7) }, 'truncated'],
  ['with a disk whose L1 table is longer than the file', { 24: u64be(2 ** 40) }, 'truncated'],
] as const)('a qcow image is refused %s', async (_name, changes, code) => {
  expect(await refusal(patched(image, changes))).toBe(code);
});

test('a qcow image is never treated as qcow2', async () => {
  expect(await refusal(image, { claimedFormat: 'qcow2' })).toBe('wrong-format');
});
