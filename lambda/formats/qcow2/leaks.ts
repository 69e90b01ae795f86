import { NotRead } from '../guest/disk.ts';
import type { Range } from '../reading/bounded-reads.ts';
import type { Bytes } from '../reading/bytes.ts';
import type { Probe } from '../reading/probe.ts';
import { type Notice, Refusal, type Rule } from '../reading/rule.ts';
import { ENTRY_BYTES, lastPlaceIn, offsetIn } from './blocks.ts';
import type { Qcow2Header } from './header.ts';
import { type L1Table, l1TablesOfSnapshots } from './snapshots.ts';

const PAST_END: Rule = { code: 'truncated', title: 'clusters in use lie inside the file', at: 'refcount blocks' };
const LEAK: Notice = {
  code: 'leaked-clusters',
  title: 'all clusters that are counted are used',
  at: 'L1 and L2 tables',
};
/** Of the tables of snapshots and the directory of bitmaps: a few dozen entries. */
const MAX_DIRECTORY_BYTES = 16 * 1024;
/** Tables so near to each other are read at once, where there are not enough reads for each. */
const GAPS = [0, 64 * 1024, 256 * 1024];
/** Of an entry in the directory of bitmaps, without its name and extra data (specification, "Bitmap directory"). */
const BITMAP_BYTES = 24;

/** What a file may name clusters in. */
type Tables = Qcow2Header & {
  /** Where the header extension begins that names bitmaps. */
  readonly bitmapsAt: number | undefined;
};

export const LEAK_RULES: readonly (Rule | Notice)[] = [PAST_END, LEAK];

/**
 * A cluster that is counted but that no table names is a leak: qemu-img check finds the image sound. So before a file is
 * called cut, all tables are read, those of snapshots and bitmaps too, where they are few enough.
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
  try {
    // The last cluster may be partial.
    const end = Math.ceil(probe.size / header.clusterBytes) * header.clusterBytes;
    const named = [...(await namedByDisks(probe, header)), ...(await namedByBitmaps(probe, header))];
    return named.every((places) => places.every((place) => place < end));
  } catch (error) {
    if (error instanceof NotRead) return false;
    throw error;
  }
}

/** Places in the clusters that the L2 tables of the disk and of its snapshots name. */
async function namedByDisks(probe: Probe, header: Tables): Promise<number[][]> {
  const { l1Offset, l1Entries, virtualSize } = header;
  const active = { offset: l1Offset, length: l1Entries * ENTRY_BYTES, reachBytes: virtualSize };
  const l1Tables = [active, ...(await l1TablesOfAllSnapshots(probe, header))];
  const l1 = await readAll(probe, l1Tables);
  const l2 = await readAll(
    probe,
    l1.flatMap((table, index) => l2TablesIn(table, header, l1Tables[index]?.reachBytes ?? 0)),
  );
  return l2.map((table) => entriesOf(table).map((place) => lastPlaceIn(header, table, place)));
}

async function l1TablesOfAllSnapshots(probe: Probe, header: Tables): Promise<L1Table[]> {
  const { snapshots, snapshotsOffset } = header;
  if (snapshots === 0) return [];
  return l1TablesOfSnapshots(await readDirectory(probe, snapshotsOffset), header);
}

function l2TablesIn(l1Table: Bytes, { clusterBytes }: Qcow2Header, reachBytes: number): Range[] {
  return entriesOf(l1Table)
    .map((place) => {
      const firstCluster = (place / ENTRY_BYTES) * (clusterBytes / ENTRY_BYTES);
      const clusters = Math.ceil(reachBytes / clusterBytes) - firstCluster;
      // What is named behind the end of the disk has no meaning.
      const length = Math.min(clusterBytes, Math.max(0, clusters) * ENTRY_BYTES);
      return { offset: offsetIn(l1Table, place), length };
    })
    .filter(({ offset }) => offset !== 0);
}

/** The clusters that the tables of persistent bitmaps name. */
async function namedByBitmaps(probe: Probe, { bitmapsAt }: Tables): Promise<number[][]> {
  const count = bitmapsAt === undefined ? 0 : probe.head.u32be(bitmapsAt + 8);
  if (bitmapsAt === undefined || count === 0) return [];
  const directory = await readDirectory(probe, probe.head.u64be(bitmapsAt + 24));
  let next = 0;
  const ranges = Array.from({ length: count }, () => {
    const entry = next;
    next += Math.ceil((BITMAP_BYTES + directory.u32be(entry + 20) + directory.u16be(entry + 18)) / 8) * 8;
    return { offset: directory.u64be(entry), length: directory.u32be(entry + 8) * ENTRY_BYTES };
  });
  const tables = await readAll(probe, ranges);
  return tables.map((table) => entriesOf(table).map((place) => offsetIn(table, place)));
}

const entriesOf = ({ length }: Bytes): number[] =>
  Array.from({ length: length / ENTRY_BYTES }, (_, index) => index * ENTRY_BYTES);

async function readDirectory(probe: Probe, offset: number): Promise<Bytes> {
  const length = Math.min(MAX_DIRECTORY_BYTES, probe.size - offset);
  const [directory] = length > 0 ? await readAll(probe, [{ offset, length }]) : [];
  if (directory === undefined) throw new NotRead('The directory is not inside the file.');
  return directory;
}

/** @throws NotRead where a table is not inside the file, or all of them are too much to read */
async function readAll(probe: Probe, ranges: readonly Range[]): Promise<Bytes[]> {
  const isInside = ranges.every(({ offset, length }) => offset + length <= probe.size);
  const gapBytes = GAPS.find((gap) => probe.affords(ranges, gap));
  if (!isInside || gapBytes === undefined) throw new NotRead('The tables are not inside the file, or too many.');
  await probe.prefetch(ranges, gapBytes);
  return Promise.all(ranges.map(({ offset, length }) => probe.read(offset, length)));
}
