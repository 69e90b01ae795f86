import type { Range } from '../reading/bounded-reads.ts';
import type { Bytes } from '../reading/bytes.ts';
import type { Probe } from '../reading/probe.ts';
import type { Rule } from '../reading/rule.ts';
import type { Qcow2Header } from './header.ts';

/** QEMU, block/qcow2.h: QCOW_MAX_SNAPSHOTS. */
const MAX_SNAPSHOTS = 65536;
/** Of an entry, without the names and extra data that follow it (specification, "Snapshots"). */
const ENTRY_BYTES = 40;

const RULES = {
  table: { code: 'corrupt-header', title: 'place and length of the snapshot table', at: 'u32@60, u64@64' },
  insideFile: { code: 'truncated', title: 'snapshot table is inside the file', at: 'u64@64' },
} as const satisfies Record<string, Rule>;

export const SNAPSHOT_RULES: readonly Rule[] = Object.values(RULES);

/** The table of internal snapshots must be one that readers open. */
export function checkSnapshots({ ledger }: Probe, { snapshots, snapshotsOffset, clusterBytes }: Qcow2Header): void {
  const isInHeader = snapshots > 0 && snapshotsOffset === 0;
  ledger.refuseIf(
    snapshots > MAX_SNAPSHOTS || isInHeader || snapshotsOffset % clusterBytes !== 0,
    RULES.table,
    `A table of ${snapshots} qcow2 snapshots at byte ${snapshotsOffset} is not possible.`,
  );
  const end = snapshots === 0 ? 0 : snapshotsOffset + snapshots * ENTRY_BYTES;
  ledger.refuseShorterThan(end, RULES.insideFile, 'the qcow2 snapshot table');
}

/** An L1 table, and up to which byte of the disk its L2 tables have a meaning. */
export interface L1Table extends Range {
  readonly reachBytes: number;
}

/** @throws Refusal when the entries go on past these bytes */
export function l1TablesOfSnapshots(table: Bytes, { snapshots, virtualSize }: Qcow2Header): L1Table[] {
  let next = 0;
  return Array.from({ length: snapshots }, () => {
    const entry = next;
    const extraBytes = table.u32be(entry + 36);
    next = Math.ceil((entry + ENTRY_BYTES + extraBytes + table.u16be(entry + 12) + table.u16be(entry + 14)) / 8) * 8;
    // The state of a machine follows its disk.
    const hasState = table.u32be(entry + 32) !== 0 || (extraBytes >= 8 && !table.isZero(entry + ENTRY_BYTES, 8));
    const diskBytes = extraBytes < 16 ? virtualSize : table.u64be(entry + ENTRY_BYTES + 8);
    const reachBytes = hasState ? Infinity : diskBytes;
    return { offset: table.u64be(entry), length: table.u32be(entry + 8) * 8, reachBytes };
  });
}
