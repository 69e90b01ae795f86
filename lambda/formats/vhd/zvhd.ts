import type { Format } from '../reading/format.ts';
import type { Rule } from '../reading/rule.ts';
import { BLOCK_BYTES, HEADER_BYTES, parseZvhdHeader, ZVHD_HEADER_RULES } from './zvhd-header.ts';

const COOKIE = 'stream\0\0';

const COPY: Rule = { code: 'truncated', title: 'copy of the header at the end', at: 'last 4096 bytes' };

/** Huawei's compressed VHD, as its open-source driver of 2018 reads it. */
export const zvhd: Format = {
  name: 'zvhd',
  rules: [...ZVHD_HEADER_RULES, COPY],
  matches: ({ head }) => head.has(0, COOKIE),
  inspect({ head, tail, size, ledger }) {
    const { currentSize } = parseZvhdHeader(head, { name: 'ZVHD', cookie: COOKIE, ledger });
    ledger.refuseIf(
      size < 2 * BLOCK_BYTES || !tail.has(0, head.slice(0, HEADER_BYTES)),
      COPY,
      'The ZVHD image does not end with a copy of its header: the end is missing.',
    );
    return { virtualSize: currentSize, guest: 'Disks of the format zvhd are not looked into.' };
  },
};
