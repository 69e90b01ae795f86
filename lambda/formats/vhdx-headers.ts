import type { Bytes } from './bytes.ts';
import { crc32cWithout } from './crc32c.ts';
import type { Ledger } from './ledger.ts';
import type { Rule } from './rule.ts';

/** Both copies, counted from the first (MS-VHDX 2.2: at 64 KiB and 128 KiB of the file). */
const HEADER_OFFSETS = [0, 0x10000];
const HEADER_BYTES = 4096;
const CRC_OFFSET = 4;
const LOG_GUID_OFFSET = 48;
const VERSION_OFFSET = 66;

const RULES = {
  checksum: { code: 'corrupt-header', title: 'checksums of both headers', at: 'u32 at 65540 and 131076' },
  version: { code: 'unsupported-variant', title: 'version 1', at: 'u16 at 65602 and 131138' },
  current: { code: 'corrupt-header', title: 'one header is the current one', at: 'u64 at 65544 and 131080' },
  log: { code: 'unreplayed-log', title: 'log is empty', at: 'GUID at 48 of the current header' },
} as const satisfies Record<string, Rule>;

export const VHDX_HEADER_RULES: readonly Rule[] = Object.values(RULES);

/**
 * Both headers must be sound, so that all readers take the same one for the current one: that with the higher
 * sequence number. Its log must be empty, since no reader but Hyper-V and QEMU replays it.
 */
export function checkHeaders(headers: Bytes, ledger: Ledger): void {
  for (const offset of HEADER_OFFSETS) {
    const header = headers.slice(offset, HEADER_BYTES);
    const isSound =
      headers.has(offset, 'head') && headers.u32le(offset + CRC_OFFSET) === crc32cWithout(header, CRC_OFFSET);
    ledger.refuseIf(!isSound, RULES.checksum, 'The checksum of a VHDX header is wrong.');
    const version = headers.u16le(offset + VERSION_OFFSET);
    ledger.refuseIf(version !== 1, RULES.version, `VHDX version ${version} is not known.`);
  }
  const current = currentHeader(headers, ledger);
  ledger.refuseIf(
    !headers.isZero(current + LOG_GUID_OFFSET, 16),
    RULES.log,
    'The VHDX was not closed cleanly: its log holds changes that are not in the disk yet.',
  );
}

function currentHeader(headers: Bytes, ledger: Ledger): number {
  const [first = 0, second = 0] = HEADER_OFFSETS;
  const [firstSequence, secondSequence] = [headers.u64le(first + 8), headers.u64le(second + 8)];
  const isSame = headers.has(second, headers.slice(first, HEADER_BYTES));
  ledger.refuseIf(
    firstSequence === secondSequence && !isSame,
    RULES.current,
    `Both VHDX headers have sequence number ${firstSequence}: neither is the current one.`,
  );
  return secondSequence > firstSequence ? second : first;
}
