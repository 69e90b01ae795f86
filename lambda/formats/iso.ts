import type { Format } from './format.ts';
import type { Probe } from './probe.ts';
import type { Rule } from './rule.ts';

const SECTOR_BYTES = 2048;
/** The first 16 sectors are the system area (ECMA-119, section 6.2.1); a hybrid has its partition table there. */
const DESCRIPTORS = 16 * SECTOR_BYTES;
const PRIMARY_VOLUME = 1;

const RULES = {
  primary: { code: 'corrupt-header', title: 'begins with the primary volume descriptor', at: 'u8@32768' },
  volume: { code: 'truncated', title: 'volume lies inside the file', at: 'u32@32848, u16@32896' },
} as const satisfies Record<string, Rule>;

/** CD and DVD images; ECMA-119 (ISO 9660), section 8.4. */
export const iso: Format = {
  name: 'iso',
  rules: Object.values(RULES),
  matches: ({ head }) => head.has(DESCRIPTORS + 1, 'CD001'),
  mayBePartitioned: () => true,
  inspect(probe) {
    const { head, size, ledger } = probe;
    const type = head.u8(DESCRIPTORS);
    const message = `The ISO begins with a volume descriptor of type ${type}.`;
    ledger.refuseIf(type !== PRIMARY_VOLUME, RULES.primary, message);
    const volumeBytes = head.u32le(DESCRIPTORS + 80) * head.u16le(DESCRIPTORS + 128);
    ledger.refuseShorterThan(volumeBytes, RULES.volume, 'its ISO 9660 volume');
    // What a hybrid has there describes a USB stick with the medium on it.
    const guest = 'A medium has no partitions.';
    // The ISO 9660 volume beside a UDF one holds little more than a note that the medium is UDF.
    return hasUdf(probe) ? { subformat: 'udf', virtualSize: size, guest } : { virtualSize: volumeBytes, guest };
  },
};

/** ECMA-167, part 3, section 9.1: the UDF descriptor follows those of ISO 9660, one in each sector. */
function hasUdf({ head }: Probe): boolean {
  return Array.from({ length: 9 }, (_, index) => DESCRIPTORS + index * SECTOR_BYTES + 1).some(
    (offset) => head.has(offset, 'NSR02') || head.has(offset, 'NSR03'),
  );
}
