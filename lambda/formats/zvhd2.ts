import type { Bytes } from './bytes.ts';
import { type Format, foundImage } from './format.ts';
import type { Probe } from './probe.ts';
import { isPowerOfTwo, refuseIf } from './refuse.ts';
import { BLOCK_BYTES, parseZvhdHeader } from './zvhd-header.ts';

const COOKIE = 'z2strm\0\0';
const VERSION = 1;
const MIB = 1024 * 1024;

/** Second form of Huawei's compressed VHD, as its open-source driver of 2018 reads it: the header at the end counts. */
export const zvhd2: Format = {
  name: 'zvhd2',
  matches: ({ head }) => head.has(0, COOKIE),
  inspect(probe) {
    const { head, tail, size } = probe;
    const first = parseZvhdHeader(head, 'ZVHD2', COOKIE);
    refuseIf(
      size < 2 * BLOCK_BYTES || !tail.has(0, COOKIE),
      'truncated',
      'The ZVHD2 image does not end with its header: the end is missing.',
    );
    const last = parseZvhdHeader(tail, 'ZVHD2', COOKIE);
    refuseIf(
      first.currentSize !== last.currentSize || first.originalSize !== last.originalSize,
      'corrupt-header',
      `The ZVHD2 image gives its size as ${first.currentSize} at its start and ${last.currentSize} at its end.`,
    );
    checkIndex(probe, tail);
    return foundImage('zvhd2', last.currentSize);
  },
};

function checkIndex({ size }: Probe, tail: Bytes): void {
  const [version, blockBytes] = [tail.u8(87), tail.u32le(88)];
  refuseIf(version !== VERSION, 'unsupported-variant', `ZVHD2 header version ${version} is not known.`);
  refuseIf(
    !isPowerOfTwo(blockBytes, MIB, 32 * MIB),
    'corrupt-header',
    `ZVHD2 blocks cannot be of ${blockBytes} bytes.`,
  );
  const [index, bitmap] = [tail.u64le(96), tail.u64le(104)];
  const [indexBytes, bitmapBytes] = [tail.u32le(112), tail.u32le(116)];
  refuseIf(
    index < BLOCK_BYTES || index + indexBytes !== bitmap || bitmap + bitmapBytes + BLOCK_BYTES !== size,
    'corrupt-header',
    `The ZVHD2 index at ${index} and bitmap at ${bitmap} do not end at the last header of a file of ${size} bytes.`,
  );
}
