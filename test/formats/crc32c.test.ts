import { expect, test } from '@jest/globals';
import { crc32c, crc32cWithout } from '../../lambda/formats/reading/crc32c.ts';

test.each([
  ['32 bytes of zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['the digits', Buffer.from('123456789'), 0xe3069283],
])('the CRC-32C of %s is that of RFC 3720, appendix B.4', (_name, bytes, crc) => {
  expect(crc32c(bytes)).toBe(crc);
});

test.each([1, 3, 1024, 65_537])('%i zeros at the end count as any bytes do', (zeros) => {
  const start = Buffer.from('imagedrop');
  const bytes = Buffer.concat([start, Buffer.alloc(zeros)]);
  // Bit by bit, as the definition has it.
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  expect(crc32c(bytes)).toBe(~crc >>> 0);
});

test('the CRC inside the bytes counts as zeros', () => {
  const bytes = Buffer.alloc(32);
  bytes.fill(0xee, 4, 8);
  expect(crc32cWithout(bytes, 4)).toBe(0x8a9136aa);
  expect(bytes[4]).toBe(0xee);
});
