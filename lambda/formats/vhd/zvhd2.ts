import { isPowerOfTwo } from '../reading/bytes.ts';
import type { Format } from '../reading/format.ts';
import type { Probe } from '../reading/probe.ts';
import type { Rule } from '../reading/rule.ts';
import { BLOCK_BYTES, parseZvhdHeader, ZVHD_HEADER_RULES } from './zvhd-header.ts';

const COOKIE = 'z2strm\0\0';
const VERSION = 1;
const MIB = 1024 * 1024;

const RULES = {
  lastHeader: { code: 'truncated', title: 'header at the end', at: 'last 4096 bytes' },
  sizes: { code: 'corrupt-header', title: 'both headers give the same size', at: 'u64@40, u64@48' },
  version: { code: 'unsupported-variant', title: 'version 1', at: 'u8@87 of the last header' },
  blockBytes: { code: 'corrupt-header', title: 'block size', at: 'u32@88 of the last header' },
  index: { code: 'corrupt-header', title: 'index and bitmap end at the last header', at: 'u64@96 of the last header' },
} as const satisfies Record<string, Rule>;

/** Second form of Huawei's compressed VHD, as its open-source driver of 2018 reads it: the header at the end counts. */
export const zvhd2: Format = {
  name: 'zvhd2',
  rules: [...ZVHD_HEADER_RULES, ...Object.values(RULES)],
  matches: ({ head }) => head.has(0, COOKIE),
  inspect(probe) {
    const { head, tail, size, ledger } = probe;
    const kind = { name: 'ZVHD2', cookie: COOKIE, ledger };
    const first = parseZvhdHeader(head, kind);
    ledger.refuseIf(
      size < 2 * BLOCK_BYTES || !tail.has(0, COOKIE),
      RULES.lastHeader,
      'The ZVHD2 image does not end with its header: the end is missing.',
    );
    const last = parseZvhdHeader(tail, kind);
    ledger.refuseIf(
      first.currentSize !== last.currentSize || first.originalSize !== last.originalSize,
      RULES.sizes,
      `The ZVHD2 image gives its size as ${first.currentSize} at its start and ${last.currentSize} at its end.`,
    );
    checkIndex(probe);
    return { virtualSize: last.currentSize, guest: 'Disks of the format zvhd2 are not looked into.' };
  },
};

function checkIndex({ size, tail, ledger }: Probe): void {
  const [version, blockBytes] = [tail.u8(87), tail.u32le(88)];
  ledger.refuseIf(version !== VERSION, RULES.version, `ZVHD2 header version ${version} is not known.`);
  const isPossible = isPowerOfTwo(blockBytes, MIB, 32 * MIB);
  ledger.refuseIf(!isPossible, RULES.blockBytes, `ZVHD2 blocks cannot be of ${blockBytes} bytes.`);
  const [index, bitmap] = [tail.u64le(96), tail.u64le(104)];
  const [indexBytes, bitmapBytes] = [tail.u32le(112), tail.u32le(116)];
  ledger.refuseIf(
    index < BLOCK_BYTES || index + indexBytes !== bitmap || bitmap + bitmapBytes + BLOCK_BYTES !== size,
    RULES.index,
    `The ZVHD2 index at ${index} and bitmap at ${bitmap} do not end at the last header of a file of ${size} bytes.`,
  );
}
