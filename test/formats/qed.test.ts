import { expect, test } from '@jest/globals';
import { patched, u32le, u64le } from '../support/images/patched.ts';
import { qedImage } from '../support/images/qed.ts';
import { found, refusal } from '../support/images/refusal.ts';
import { DISK } from '../support/images/samples.ts';

const image = qedImage(DISK);

test.each([
  ['with a backing file', { 16: u64le(1) }, 'backing-file'],
  ['with feature bit 3', { 16: u64le(8) }, 'unknown-feature'],
  ['with feature bit 32', { 16: u64le(2 ** 32) }, 'unknown-feature'],
  ['with clusters of 2 KiB', { 4: u32le(2048) }, 'corrupt-header'],
  ['with clusters of 128 MiB', { 4: u32le(2 ** 27) }, 'corrupt-header'],
  ['with clusters of no power of two', { 4: u32le(12288) }, 'corrupt-header'],
  ['with tables of no cluster', { 8: u32le(0) }, 'corrupt-header'],
  ['with tables of 32 clusters', { 8: u32le(32) }, 'corrupt-header'],
  ['with a header of no cluster', { 12: u32le(0) }, 'corrupt-header'],
  ['with its L1 table in the header', { 40: u64le(0) }, 'corrupt-header'],
  ['with its L1 table between clusters', { 40: u64le(4097) }, 'corrupt-header'],
  ['with a disk of 0 bytes', { 48: u64le(0) }, 'corrupt-header'],
  ['with a disk that its tables cannot reach', { 48: u64le(2 ** 33) }, 'corrupt-header'],
  ['with its L1 table past the end', { 40: u64le(image.length - 4096) }, 'truncated'],
] as const)('a QED image is refused %s', async (_name, changes, code) => {
  expect(await refusal(patched(image, changes))).toBe(code);
});

test('a QED image that needs a check is accepted with a warning', async () => {
  const { warnings } = await found(patched(image, { 16: u64le(2) }));
  expect(warnings).toEqual([expect.stringContaining('needs a check')]);
});
