import { isPowerOfTwo } from '../reading/bytes.ts';
import type { Format } from '../reading/format.ts';
import type { Probe } from '../reading/probe.ts';
import type { Rule } from '../reading/rule.ts';
import { ISO_BOOT_RULES, refuseCutHybrid } from './boot.ts';
import { hasUdf, refuseCutUdf, UDF_RULES } from './udf.ts';

const SECTOR_BYTES = 2048;
/** The first 16 sectors are the system area (ECMA-119, section 6.2.1); a hybrid has its partition table there. */
const DESCRIPTORS = 16 * SECTOR_BYTES;
/** Where the first descriptor ends: a file that is shorter bears no signature of an ISO, or not all of it. */
export const FIRST_DESCRIPTOR_END = DESCRIPTORS + SECTOR_BYTES;
const PRIMARY_VOLUME = 1;
/** ECMA-119, section 6.2.2: 2^n from here up to the sector. */
const MIN_BLOCK_BYTES = 512;

const RULES = {
  primary: { code: 'corrupt-header', title: 'begins with the primary volume descriptor', at: 'u8@32768' },
  byteOrders: {
    code: 'corrupt-header',
    title: 'size is the same in both byte orders',
    at: 'u32@32848 and u32@32852, u16@32896 and u16@32898',
  },
  blockBytes: { code: 'corrupt-header', title: 'size of the logical blocks', at: 'u16@32896' },
  volume: { code: 'truncated', title: 'volume is inside the file', at: 'u32@32848, u16@32896' },
} as const satisfies Record<string, Rule>;

/** CD and DVD images; ECMA-119 (ISO 9660), section 8.4. */
export const iso: Format = {
  name: 'iso',
  rules: [...Object.values(RULES), ...ISO_BOOT_RULES, ...UDF_RULES],
  matches: ({ head }) => head.has(DESCRIPTORS + 1, 'CD001'),
  mayBePartitioned: () => true,
  async inspect(probe) {
    const { head, size, ledger } = probe;
    const type = head.u8(DESCRIPTORS);
    const message = `The ISO begins with a volume descriptor of type ${type}.`;
    ledger.refuseIf(type !== PRIMARY_VOLUME, RULES.primary, message);
    const volumeBytes = checkedVolumeBytes(probe);
    ledger.refuseShorterThan(volumeBytes, RULES.volume, 'its ISO 9660 volume');
    await refuseCutHybrid(probe, volumeBytes);
    // What a hybrid has there describes a USB stick with the medium on it.
    const guest = 'A medium has no partitions.';
    if (!hasUdf(probe)) return { virtualSize: volumeBytes, guest };
    await refuseCutUdf(probe);
    return { subformat: 'udf', virtualSize: size, guest };
  },
};

function checkedVolumeBytes({ head, ledger }: Probe): number {
  const [blocks, blocksAgain] = [head.u32le(DESCRIPTORS + 80), head.u32be(DESCRIPTORS + 84)];
  const [blockBytes, blockBytesAgain] = [head.u16le(DESCRIPTORS + 128), head.u16be(DESCRIPTORS + 130)];
  // Some old mastering programs leave the second order out, and Linux and Windows read the first only.
  const isSame = [0, blocks].includes(blocksAgain) && [0, blockBytes].includes(blockBytesAgain);
  ledger.refuseIf(
    !isSame,
    RULES.byteOrders,
    `The ISO has ${blocks} blocks of ${blockBytes} bytes in one byte order, ${blocksAgain} of ${blockBytesAgain} in the other.`,
  );
  ledger.refuseIf(
    !isPowerOfTwo(blockBytes, MIN_BLOCK_BYTES, SECTOR_BYTES),
    RULES.blockBytes,
    `The ISO cannot have blocks of ${blockBytes} bytes.`,
  );
  return blocks * blockBytes;
}
