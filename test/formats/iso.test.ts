import { expect, test } from '@jest/globals';
import { isoImage } from '../support/images/iso.ts';
import { both32, patched } from '../support/images/patched.ts';
import { found, refusal } from '../support/images/refusal.ts';
import { DISK } from '../support/images/samples.ts';

const image = isoImage(DISK);

test.each([
  ['that begins with another descriptor', { 32768: [0] }, 'corrupt-header'],
  ['with a volume of no sectors', { 32848: both32(0) }, 'corrupt-header'],
  ['with a volume past the end', { 32848: both32(image.length / 2048 + 1) }, 'truncated'],
] as const)('an ISO is refused %s', async (_name, changes, code) => {
  expect(await refusal(patched(image, changes))).toBe(code);
});

test('an ISO with something appended has the size of its volume', async () => {
  expect(await found(Buffer.concat([image, Buffer.alloc(4096)]))).toEqual({ format: 'iso', virtualSize: image.length });
});

test.each(['NSR02', 'NSR03'])('an ISO beside a UDF volume (%s) has the size of the file', async (mark) => {
  const bridge = patched(Buffer.concat([image], 257 * 2048), { 32848: both32(20), [18 * 2048 + 1]: mark });
  expect(await found(bridge)).toEqual({ format: 'iso', subformat: 'udf', virtualSize: bridge.length });
});
