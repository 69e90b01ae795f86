import type { Bytes } from '../reading/bytes.ts';
import { crc32cWithout } from '../reading/crc32c.ts';
import type { Ledger } from '../reading/ledger.ts';
import type { Notice, Rule } from '../reading/rule.ts';

/** Both copies, counted from the first (MS-VHDX 2.2: at 64 KiB and 128 KiB of the file). */
const HEADER_OFFSETS = [0, 0x10000];
const HEADER_BYTES = 4096;
const CRC_OFFSET = 4;
const LOG_GUID_OFFSET = 48;
const VERSION_OFFSET = 66;

const RULES = {
  checksum: { code: 'corrupt-header', title: 'checksum of a header', at: 'u32 at 65540 or 131076' },
  version: { code: 'unsupported-variant', title: 'version 1', at: 'u16 at 65602 and 131138' },
  current: { code: 'corrupt-header', title: 'one header is the current one', at: 'u64 at 65544 and 131080' },
  log: { code: 'unreplayed-log', title: 'log is empty', at: 'GUID at 48 of the current header' },
} as const satisfies Record<string, Rule>;

const BOTH_HEADERS: Notice = { code: 'damaged-copy', title: 'both headers are sound', at: 'u32 at 65540 and 131076' };

export const VHDX_HEADER_RULES: readonly (Rule | Notice)[] = [...Object.values(RULES), BOTH_HEADERS];

/**
 * Of the sound headers that with the higher sequence number is the current one; the other may be damaged, which happens
 * when a writer is interrupted (MS-VHDX 2.2.2). Its log must be empty, since no reader but Hyper-V and QEMU replays it.
 */
export function checkHeaders(headers: Bytes, ledger: Ledger): void {
  const sound = HEADER_OFFSETS.filter((offset) => isSound(headers, offset));
  const message = 'The checksums of both VHDX headers are wrong.';
  ledger.refuseIf(sound.length === 0, RULES.checksum, message);
  ledger.warnIf(
    sound.length < HEADER_OFFSETS.length,
    BOTH_HEADERS,
    'One of the two VHDX headers is damaged; the other is sound, and readers use that.',
  );
  for (const version of sound.map((offset) => headers.u16le(offset + VERSION_OFFSET))) {
    ledger.refuseIf(version !== 1, RULES.version, `VHDX version ${version} is not known.`);
  }
  const current = currentHeader(headers, sound, ledger);
  ledger.refuseIf(
    !headers.isZero(current + LOG_GUID_OFFSET, 16),
    RULES.log,
    'The VHDX was not closed cleanly: its log holds changes that are not in the disk yet.',
  );
}

function isSound(headers: Bytes, offset: number): boolean {
  const header = headers.slice(offset, HEADER_BYTES);
  return headers.has(offset, 'head') && headers.u32le(offset + CRC_OFFSET) === crc32cWithout(header, CRC_OFFSET);
}

function currentHeader(headers: Bytes, sound: readonly number[], ledger: Ledger): number {
  const [first = 0, second = first] = sound;
  const [firstSequence, secondSequence] = [headers.u64le(first + 8), headers.u64le(second + 8)];
  const isSame = headers.has(second, headers.slice(first, HEADER_BYTES));
  ledger.refuseIf(
    firstSequence === secondSequence && !isSame,
    RULES.current,
    `Both VHDX headers have sequence number ${firstSequence}: neither is the current one.`,
  );
  return secondSequence > firstSequence ? second : first;
}
