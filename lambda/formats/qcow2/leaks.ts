import type { Range } from '../reading/bounded-reads.ts';
import type { Probe } from '../reading/probe.ts';
import { type Notice, Refusal, type Rule } from '../reading/rule.ts';
import { ENTRY_BYTES, lastPlaceIn, offsetIn } from './blocks.ts';
import type { Qcow2Header } from './header.ts';

const PAST_END: Rule = { code: 'truncated', title: 'clusters in use lie inside the file', at: 'refcount blocks' };
const LEAK: Notice = {
  code: 'leaked-clusters',
  title: 'all clusters that are counted are used',
  at: 'L1 and L2 tables',
};

/** What a file may name clusters in beside its L1 table. */
type Tables = Qcow2Header & { readonly hasBitmaps: boolean };

export const LEAK_RULES: readonly (Rule | Notice)[] = [PAST_END, LEAK];

/**
 * A cluster that is counted but that no table names is a leak: qemu-img check finds the image sound. So before a file is
 * called cut, all tables are read, where they are few enough.
 * @param cluster past the end of the file that the refcounts count; undefined without any
 * @throws Refusal
 */
export async function refuseCut(probe: Probe, header: Tables, cluster: number | undefined): Promise<void> {
  const { ledger, size } = probe;
  const isLeak = cluster !== undefined && (await namesNothingPastTheEnd(probe, header));
  if (cluster !== undefined && !isLeak) {
    const number = cluster / header.clusterBytes;
    throw new Refusal(PAST_END, `The file has ${size} bytes, but its cluster ${number} at byte ${cluster} is in use.`);
  }
  ledger.pass(PAST_END);
  ledger.warnIf(
    isLeak,
    LEAK,
    `The qcow2 image counts a cluster at byte ${cluster}, past its end, that no table names. Nothing is missing; \`qemu-img check -r leaks\` corrects the count.`,
  );
}

async function namesNothingPastTheEnd(probe: Probe, header: Tables): Promise<boolean> {
  // Tables of snapshots and bitmaps name clusters too, and are not read.
  if (header.snapshots > 0 || header.hasBitmaps) return false;
  const l1 = { offset: header.l1Offset, length: header.l1Entries * ENTRY_BYTES };
  if (!probe.affords([l1])) return false;
  const entries = await probe.read(l1.offset, l1.length);
  const tables = Array.from({ length: header.l1Entries }, (_, index) => ({
    offset: offsetIn(entries, index * ENTRY_BYTES),
    length: bytesInUse(index, header),
  })).filter(({ offset }) => offset !== 0);
  return (
    tables.every(({ offset }) => offset + header.clusterBytes <= probe.size) &&
    (await nameOnlyWhatIsThere(probe, header, tables))
  );
}

/** Of a table, as far as the disk reaches: what is named behind has no meaning. */
function bytesInUse(index: number, { clusterBytes, virtualSize }: Qcow2Header): number {
  const firstCluster = (index * clusterBytes) / ENTRY_BYTES;
  const clusters = Math.ceil(virtualSize / clusterBytes) - firstCluster;
  return Math.min(clusterBytes, Math.max(0, clusters) * ENTRY_BYTES);
}

async function nameOnlyWhatIsThere(probe: Probe, header: Qcow2Header, ranges: readonly Range[]): Promise<boolean> {
  if (!probe.affords(ranges)) return false;
  // The last cluster may be partial.
  const end = Math.ceil(probe.size / header.clusterBytes) * header.clusterBytes;
  for (const { offset, length } of ranges) {
    const table = await probe.read(offset, length);
    for (let place = 0; place < length; place += ENTRY_BYTES) {
      if (lastPlaceIn(header, table, place) >= end) return false;
    }
  }
  return true;
}
