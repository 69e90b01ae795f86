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

/** The table of internal snapshots must be one that readers open; its entries are not looked at. */
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
