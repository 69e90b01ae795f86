import type { DropRecord } from '../../lambda/model/record.ts';

/** The records of one drop, at each of its targets. */
export type DropRecords = readonly DropRecord[];

/** The drops of a key, the last one first; two of the same moment as S3 has listed them. */
export function dropsIn(records: readonly DropRecord[]): readonly DropRecords[] {
  const byId = new Map<string, DropRecord[]>();
  for (const record of records) {
    const before = byId.get(record.drop.id);
    if (before === undefined) byId.set(record.drop.id, [record]);
    else before.push(record);
  }
  const at = ([first]: DropRecords): string => first?.drop.droppedAt ?? '';
  return [...byId.values()].toSorted((one, other) => (at(one) < at(other) ? 1 : -1));
}

/** Of each key at each target, the record of the drop that came last; in the order of the keys. */
export function newestDrops(records: readonly DropRecord[]): readonly DropRecord[] {
  const newest = new Map<string, DropRecord>();
  for (const record of records) {
    const place = JSON.stringify([record.drop.key, record.target]);
    const before = newest.get(place);
    if (before === undefined || before.drop.droppedAt <= record.drop.droppedAt) newest.set(place, record);
  }
  return [...newest.values()];
}
