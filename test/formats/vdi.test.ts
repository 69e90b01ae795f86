import { expect, test } from '@jest/globals';
import { patched, u32le, u64le } from '../support/images/patched.ts';
import { found, refusal } from '../support/images/refusal.ts';
import { DISK } from '../support/images/samples.ts';
import { vdiImage } from '../support/images/vdi.ts';

const image = vdiImage(DISK);

test.each([
  ['of version 1.0', { 68: u32le(0x10000) }, 'unsupported-variant'],
  ['of the undo kind', { 76: u32le(3) }, 'unsupported-variant'],
  ['of the differencing kind', { 76: u32le(4) }, 'parent-image'],
  ['with a link UUID', { 424: [1] }, 'parent-image'],
  ['with a parent UUID', { 455: [1] }, 'parent-image'],
  ['with sectors of 4096 bytes', { 360: u32le(4096) }, 'corrupt-header'],
  ['with blocks of 2 MiB', { 376: u32le(2 ** 21) }, 'corrupt-header'],
  ['with a disk of 0 bytes', { 368: u64le(0) }, 'corrupt-header'],
  ['with a disk larger than its blocks', { 368: u64le(2 ** 20 + 1) }, 'corrupt-header'],
  ['with more blocks in use than it has', { 388: u32le(2) }, 'corrupt-header'],
  ['with its data over its block map', { 344: u32le(512) }, 'corrupt-header'],
  ['with its data past the end', { 344: u32le(4096) }, 'truncated'],
] as const)('a VDI image is refused %s', async (_name, changes, code) => {
  expect(await refusal(patched(image, changes))).toBe(code);
});

test('a static VDI image is accepted', async () => {
  expect(await found(patched(image, { 76: u32le(2) }))).toMatchObject({ subformat: 'static' });
});
