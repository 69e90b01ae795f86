import type { Range } from '../reading/bounded-reads.ts';
import type { Probe } from '../reading/probe.ts';
import type { Rule } from '../reading/rule.ts';
import { endOfPacked, type GrainExtent, grainsOf, NO_GRAINS, PACKED_RULES, union } from './grain-extent.ts';
import { ENTRY_BYTES, SECTOR_BYTES, type SparseHeader } from './header.ts';

/** 32,768 tables: 1 TiB of the usual grains. Further on nothing is looked at. */
const MAX_DIRECTORY_BYTES = 128 * 1024;
/** Twice this number are looked at: 320 KiB each, together 10 GiB of the disk in the usual grains. */
const WINDOW_TABLES = 160;

const RULES = {
  behind: { code: 'corrupt-header', title: 'tables and grains lie behind the descriptor', at: 'grain directory' },
  tables: { code: 'truncated', title: 'grain tables lie inside the file', at: 'grain directory' },
  grains: { code: 'truncated', title: 'grains in use lie inside the file', at: 'grain tables' },
} as const satisfies Record<string, Rule>;

export const TABLE_RULES: readonly Rule[] = [...Object.values(RULES), ...PACKED_RULES];

interface Table {
  /** Of its entry in the directory. */
  readonly index: number;
  /** Bytes from the start of the file. */
  readonly offset: number;
}

/** What is worth fetching at once: the directory, and the first table where that follows it. */
export function directoryRange(header: SparseHeader, directory: number): Range {
  const length = Math.ceil(directoryBytes(header) / SECTOR_BYTES) * SECTOR_BYTES;
  return { offset: directory, length: length + header.tableBytes };
}

/**
 * Where a file has been cut, a grain that a table names is missing. Of many tables two windows are looked at: the last
 * ones, because converters store the grains in the order of the disk; and those in which the grains behind a cut would
 * stand if the disk had no empty places before it, because the end of a disk is often empty.
 */
export async function checkTables(probe: Probe, header: SparseHeader, directory: number): Promise<void> {
  const tables = await tablesInUse(probe, header, directory);
  const runs = runsToRead(tables, header, probe.size);
  await probe.prefetch(runs.map((run) => rangeOf(run, header)));
  const extents = await Promise.all(runs.map((run) => grainsIn(probe, header, run)));
  const { start, last, end } = extents.reduce(union, NO_GRAINS);
  const message = `A VMDK grain cannot be at byte ${start}.`;
  probe.ledger.refuseIf(start < header.descriptorEnd, RULES.behind, message);
  const isPacked = header.isCompressed && last > 0;
  const storedEnd = isPacked ? await endOfPacked(probe, header, last) : end;
  probe.ledger.refuseShorterThan(storedEnd, RULES.grains, 'a grain of the VMDK');
}

const directoryBytes = ({ grainTables }: SparseHeader): number =>
  Math.min(grainTables * ENTRY_BYTES, MAX_DIRECTORY_BYTES);

async function tablesInUse(probe: Probe, header: SparseHeader, directory: number): Promise<Table[]> {
  const entries = await probe.read(directory, directoryBytes(header));
  const tables = Array.from({ length: entries.length / ENTRY_BYTES }, (_, index) => ({
    index,
    offset: entries.u32le(index * ENTRY_BYTES) * SECTOR_BYTES,
  })).filter(({ offset }) => offset !== 0);
  const { ledger } = probe;
  const misplaced = tables.find(({ offset }) => offset < header.descriptorEnd);
  const message = `A VMDK grain table cannot be at byte ${misplaced?.offset}.`;
  ledger.refuseIf(misplaced !== undefined, RULES.behind, message);
  const end = tables.reduce((highest, { offset }) => Math.max(highest, offset + header.tableBytes), 0);
  ledger.refuseShorterThan(end, RULES.tables, 'a grain table of the VMDK');
  return tables;
}

/** One or two, or none without tables. */
function runsToRead(tables: readonly Table[], header: SparseHeader, fileBytes: number): Table[][] {
  const { grainBytes, entriesPerTable, dataOffset } = header;
  const lastWindow = Math.max(0, tables.length - WINDOW_TABLES);
  const grainsInFile = Math.floor((fileBytes - dataOffset) / grainBytes);
  const cut = Math.floor(grainsInFile / entriesPerTable);
  const cutWindow = Math.max(0, Math.min(cut, lastWindow - WINDOW_TABLES));
  const last = tables.slice(lastWindow);
  const atCut = tables.slice(cutWindow, Math.min(cutWindow + WINDOW_TABLES, lastWindow));
  return [lastRun(last, header), firstRun(atCut, header)].filter((run) => run.length > 0);
}

/** Tables that follow upon each other, as they do at the front of a file; in a stream each follows its own grains. */
function firstRun(tables: readonly Table[], header: SparseHeader): Table[] {
  const end = tables.findIndex((table, index) => index > 0 && !follows(table, tables[index - 1], header));
  return tables.slice(0, end < 0 ? tables.length : end);
}

function lastRun(tables: readonly Table[], header: SparseHeader): Table[] {
  const start = tables.findLastIndex((table, index) => !follows(table, tables[index - 1], header));
  return tables.slice(start);
}

const follows = (table: Table, before: Table | undefined, header: SparseHeader): boolean =>
  before !== undefined && table.offset === before.offset + header.tableBytes;

function rangeOf(run: readonly Table[], header: SparseHeader): Range {
  return { offset: run[0]?.offset ?? 0, length: run.length * header.tableBytes };
}

async function grainsIn(probe: Probe, header: SparseHeader, run: readonly Table[]): Promise<GrainExtent> {
  const { offset, length } = rangeOf(run, header);
  const bytes = await probe.read(offset, length);
  return run
    .map(({ index }, place) => grainsOf(index, bytes.slice(place * header.tableBytes, header.tableBytes), header))
    .reduce(union, NO_GRAINS);
}
