import { type Format, foundImage } from './format.ts';
import { refuseIf } from './refuse.ts';
import { BLOCK_BYTES, HEADER_BYTES, parseZvhdHeader } from './zvhd-header.ts';

const COOKIE = 'stream\0\0';

/** Huawei's compressed VHD, as its open-source driver of 2018 reads it. */
export const zvhd: Format = {
  name: 'zvhd',
  matches: ({ head }) => head.has(0, COOKIE),
  inspect({ head, tail, size }) {
    const { currentSize } = parseZvhdHeader(head, 'ZVHD', COOKIE);
    refuseIf(
      size < 2 * BLOCK_BYTES || !tail.has(0, head.slice(0, HEADER_BYTES)),
      'truncated',
      'The ZVHD image does not end with a copy of its header: the end is missing.',
    );
    return foundImage('zvhd', currentSize);
  },
};
