import type { Range } from '../reading/bounded-reads.ts';
import type { Format } from '../reading/format.ts';
import { HEAD_BYTES, type Probe } from '../reading/probe.ts';
import type { Rule } from '../reading/rule.ts';
import { BLOCK_RULES, l1Start, qcow2Blocks } from './blocks.ts';
import { EXTENSION_RULES, refuseDangerousExtensions } from './extensions.ts';
import {
  HEADER_RULES,
  isVersion1,
  parseHeader,
  QCOW_MAGIC,
  type Qcow2Header,
  refuseDangers,
  warnOfState,
} from './header.ts';
import { LEAK_RULES, refuseCut } from './leaks.ts';
import { clusterPastTheEnd, likelyLastBlock, REFCOUNT_RULES, refcountTableWindow } from './refcounts.ts';
import { checkSnapshots, SNAPSHOT_RULES } from './snapshots.ts';

/** QEMU, block/qcow2.h: QCOW_MAX_L1_SIZE. */
const MAX_L1_BYTES = 32 * 1024 * 1024;
/** QEMU, block/qcow2.h: QCOW_MAX_REFTABLE_SIZE. */
const MAX_REFTABLE_BYTES = 8 * 1024 * 1024;
/** How far the front of a file may reach that is fetched at once; leaves room for the windows of the refcounts. */
const MAX_FRONT_BYTES = 448 * 1024;
/** Of the disk's start, however small the clusters are: a partition table. */
const FIRST_DATA_BYTES = 32 * 1024;

const TABLE_RULES = {
  l1Size: { code: 'corrupt-header', title: 'L1 table fits the disk', at: 'u32@36' },
  refcountTableSize: { code: 'corrupt-header', title: 'size of the refcount table', at: 'u32@56' },
  places: { code: 'corrupt-header', title: 'tables begin at a cluster of their own', at: 'u64@40, u64@48' },
  l1InsideFile: { code: 'truncated', title: 'L1 table is inside the file', at: 'u64@40' },
} as const satisfies Record<string, Rule>;

/** QEMU, docs/interop/qcow2.txt. */
export const qcow2: Format = {
  name: 'qcow2',
  rules: [
    ...HEADER_RULES,
    ...EXTENSION_RULES,
    ...Object.values(TABLE_RULES),
    ...SNAPSHOT_RULES,
    ...REFCOUNT_RULES,
    ...LEAK_RULES,
    ...BLOCK_RULES,
  ],
  matches: ({ head }) => head.has(0, QCOW_MAGIC) && !isVersion1(head),
  async inspect(probe) {
    const header = parseHeader(probe);
    refuseDangers(probe, header);
    warnOfState(probe, header);
    const bitmapsAt = refuseDangerousExtensions(probe, header);
    checkTables(probe, header);
    checkSnapshots(probe, header);
    await probe.prefetch(likelyRanges(probe, header));
    await refuseCut(probe, { ...header, bitmapsAt }, await clusterPastTheEnd(probe, header));
    const { virtualSize, version } = header;
    return { virtualSize, subformat: `v${version}`, guest: qcow2Blocks(probe, header) };
  },
};

function checkTables({ ledger }: Probe, header: Qcow2Header): void {
  const { clusterBytes, virtualSize, l1Entries, l1Offset, refcountTableOffset, refcountTableClusters } = header;
  const bytesPerL1Entry = clusterBytes * (clusterBytes / 8);
  ledger.refuseIf(
    l1Entries * 8 > MAX_L1_BYTES || l1Entries < Math.ceil(virtualSize / bytesPerL1Entry),
    TABLE_RULES.l1Size,
    `The qcow2 L1 table has ${l1Entries} entries, which does not fit a disk of ${virtualSize} bytes.`,
  );
  ledger.refuseIf(
    refcountTableClusters < 1 || refcountTableClusters * clusterBytes > MAX_REFTABLE_BYTES,
    TABLE_RULES.refcountTableSize,
    `The qcow2 refcount table cannot have ${refcountTableClusters} clusters.`,
  );
  ledger.refuseIf(
    [l1Offset, refcountTableOffset].some((offset) => offset === 0 || offset % clusterBytes !== 0),
    TABLE_RULES.places,
    'The qcow2 tables do not begin at a cluster of their own.',
  );
  ledger.refuseShorterThan(l1Offset + l1Entries * 8, TABLE_RULES.l1InsideFile, 'the qcow2 L1 table');
}

/**
 * What the checks and the guest's partition table will need, all in one round trip. qemu-img puts refcount table and
 * block, L1 table, first L2 table and first cluster of data one after the other at the front.
 */
function likelyRanges(probe: Probe, header: Qcow2Header): Range[] {
  const { clusterBytes, l1Offset, l1Entries } = header;
  const l1End = Math.ceil((l1Offset + l1Entries * 8) / clusterBytes) * clusterBytes;
  const frontEnd = l1End + clusterBytes + Math.max(clusterBytes, FIRST_DATA_BYTES);
  const front = { offset: HEAD_BYTES, length: frontEnd - HEAD_BYTES };
  const tables = [refcountTableWindow(probe, header), likelyLastBlock(probe, header), l1Start(header)];
  return frontEnd <= MAX_FRONT_BYTES ? [front, ...tables] : tables;
}
