import { type Format, foundImage } from './format.ts';
import type { Probe } from './probe.ts';
import { refuseIf, refuseShorterThan } from './refuse.ts';

const SECTOR_BYTES = 2048;
/** The first 16 sectors are the system area (ECMA-119, section 6.2.1); a hybrid has its partition table there. */
const DESCRIPTORS = 16 * SECTOR_BYTES;
const PRIMARY_VOLUME = 1;

/** CD and DVD images; ECMA-119 (ISO 9660), section 8.4. */
export const iso: Format = {
  name: 'iso',
  matches: ({ head }) => head.has(DESCRIPTORS + 1, 'CD001'),
  mayBePartitioned: () => true,
  inspect(probe) {
    const { head, size } = probe;
    const type = head.u8(DESCRIPTORS);
    refuseIf(type !== PRIMARY_VOLUME, 'corrupt-header', `The ISO begins with a volume descriptor of type ${type}.`);
    const volumeBytes = head.u32le(DESCRIPTORS + 80) * head.u16le(DESCRIPTORS + 128);
    refuseShorterThan(volumeBytes, size, 'its ISO 9660 volume');
    // The ISO 9660 volume beside a UDF one holds little more than a note that the medium is UDF.
    return hasUdf(probe) ? foundImage('iso', size, { subformat: 'udf' }) : foundImage('iso', volumeBytes);
  },
};

/** ECMA-167, part 3, section 9.1: the UDF descriptor follows those of ISO 9660, one in each sector. */
function hasUdf({ head }: Probe): boolean {
  return Array.from({ length: 9 }, (_, index) => DESCRIPTORS + index * SECTOR_BYTES + 1).some(
    (offset) => head.has(offset, 'NSR02') || head.has(offset, 'NSR03'),
  );
}
