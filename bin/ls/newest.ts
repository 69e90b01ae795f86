import type { DropRecord } from '../../lambda/model/record.ts';

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
