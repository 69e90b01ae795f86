import type { Bytes } from '../reading/bytes.ts';
import type { Probe } from '../reading/probe.ts';
import type { Rule } from '../reading/rule.ts';

const SECTOR_BYTES = 2048;
/** ECMA-167, part 3, section 8.4.2.1; UDF 2.60, section 2.2.3: one of the places of the anchor, and where all tools put it. */
const ANCHOR = 256 * SECTOR_BYTES;
const ANCHOR_BYTES = 512;
/** Sixteen sectors at least (UDF 2.60, section 2.2.3.1); the descriptors of a disc need half of them. */
const SEQUENCE_BYTES = 16 * SECTOR_BYTES;
/** Kinds of descriptors, as their tags name them (ECMA-167, part 3, section 7.2.1). */
const [ANCHOR_TAG, PARTITION_TAG] = [2, 5];

const RULES = {
  anchor: { code: 'truncated', title: 'UDF anchor is inside the file', at: 'byte 524288' },
  sequence: { code: 'truncated', title: 'UDF descriptors lie inside the file', at: 'u32@20 of the UDF anchor' },
  partition: { code: 'truncated', title: 'UDF partition is inside the file', at: 'UDF partition descriptor' },
} as const satisfies Record<string, Rule>;

export const UDF_RULES: readonly Rule[] = Object.values(RULES);

/**
 * Whether the image has a UDF volume as well (ECMA-167, part 2, section 9.1): its descriptor follows those of ISO 9660,
 * one in each sector.
 */
export const hasUdf = ({ head }: Probe): boolean =>
  Array.from({ length: 9 }, (_, index) => (16 + index) * SECTOR_BYTES + 1).some(
    (offset) => head.has(offset, 'NSR02') || head.has(offset, 'NSR03'),
  );

/**
 * The ISO 9660 volume beside it may hold little more than a note: only the UDF volume tells that the end is missing. The
 * other places of an anchor are the last sector and 256 sectors before it, and two of the three must be there: a volume
 * of fewer sectors cannot be.
 */
export async function refuseCutUdf(probe: Probe): Promise<void> {
  probe.ledger.refuseShorterThan(ANCHOR + ANCHOR_BYTES, RULES.anchor, 'the anchor of the UDF volume');
  const anchor = await probe.read(ANCHOR, ANCHOR_BYTES);
  if (anchor.u16le(0) !== ANCHOR_TAG) return;
  const start = anchor.u32le(20) * SECTOR_BYTES;
  probe.ledger.refuseShorterThan(start + SEQUENCE_BYTES, RULES.sequence, 'the UDF descriptors of the ISO');
  const end = endOfPartitions(await probe.read(start, SEQUENCE_BYTES));
  probe.ledger.refuseShorterThan(end, RULES.partition, 'the UDF partition of the ISO');
}

/** ECMA-167, part 3, section 10.5: the first sector at 188, and the number of sectors. */
function endOfPartitions(sequence: Bytes): number {
  const ends = Array.from({ length: SEQUENCE_BYTES / SECTOR_BYTES }, (_, index) => index * SECTOR_BYTES)
    .filter((place) => sequence.u16le(place) === PARTITION_TAG)
    .map((place) => (sequence.u32le(place + 188) + sequence.u32le(place + 192)) * SECTOR_BYTES);
  return Math.max(0, ...ends);
}
