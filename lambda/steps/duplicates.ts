/** A drop of the same bytes under the same key, with the same metadata, gets the image that it has already. */
import { isDeepStrictEqual } from 'node:util';
import { FAMILY_PROPERTY, ID_PROPERTY, type NewImage, RECORD_PROPERTY } from '../model/image.ts';
import { droppedDigest } from '../model/receipt.ts';
import type { DropRecord, KeyedRecord, RecordStatus } from '../model/record.ts';
import type { RecordDraft } from '../model/record-changes.ts';
import { lastDroppedAt } from '../model/versions.ts';
import { readable } from './find-drop.ts';
import type { RecordStore, StepDependencies } from './ports.ts';
import { inTurns } from './reconcile/found.ts';
import type { Work } from './work.ts';

/** Statuses with an image, or with one that is being made. */
const LIVE: readonly RecordStatus[] = ['created', 'uploading', 'processing', 'active'];

/**
 * The record that owns the active image of the same drop. Other bytes that were dropped in between need a new image:
 * consumers take the newest image of a name, and the last drop must be that one.
 * @param described the drop, with what would be sent of it
 */
export async function originalOf(
  work: Work,
  described: RecordDraft,
  deps: StepDependencies,
): Promise<KeyedRecord | undefined> {
  const beside = (await recordsBeside(work.key, deps.records)) ?? [];
  const live = beside.filter(({ record }) => LIVE.includes(record.status) && record.drop.key === described.drop.key);
  const { yes: same = [], no: others = [] } = Object.groupBy(live, ({ record }) =>
    isSame(record, described) ? 'yes' : 'no',
  );
  const newest = same.toSorted(byArrival).at(-1);
  if (newest === undefined || others.some((other) => byArrival(newest, other) <= 0)) return undefined;
  const owner = newest.record.duplicateOf ?? newest.key;
  const original = beside.find(({ key }) => key === owner);
  if (original === undefined || !(await hasImage(original, newest, work))) return undefined;
  return (await isKept(original, described, deps)) ? original : undefined;
}

/** Makes an image that has versions the current one, unless it has been retired since it was looked at. */
async function isKept(
  { key, record: { sent } }: KeyedRecord,
  { drop }: RecordDraft,
  { records }: StepDependencies,
): Promise<boolean> {
  if (sent?.properties[FAMILY_PROPERTY] === undefined) return true;
  const stored = await records.change(key, (present) => {
    if (present === undefined || present.retired !== undefined) return undefined;
    const isLater = Date.parse(drop.droppedAt) > lastDroppedAt(present);
    return { ...present, droppedAgainAt: isLater ? drop.droppedAt : (present.droppedAgainAt ?? drop.droppedAt) };
  });
  return stored !== undefined && stored.retired === undefined;
}

/** RecordStore.keysBelow lists no more. */
const MOST_KEYS = 1000;

/**
 * All records of the key at the target, but the one itself; undefined where they cannot all be known: there are too many,
 * or one is unreadable.
 */
export async function recordsBeside(
  recordKey: string,
  records: Pick<RecordStore, 'keysBelow' | 'load'>,
): Promise<readonly KeyedRecord[] | undefined> {
  const [, folder = '', name = ''] = /^(.*\/)[^/]+(\/[^/]+)$/s.exec(recordKey) ?? [];
  const listed = await records.keysBelow(folder);
  if (listed.length >= MOST_KEYS) return undefined;
  const keys = listed.filter((key) => key !== recordKey && key.endsWith(name) && isRightIn(folder, key));
  const loaded = await inTurns(keys, async (key) => ({ key, record: await readable(key, records) }));
  if (loaded.some(({ record }) => record === 'unreadable')) return undefined;
  return loaded.flatMap(({ key, record }) =>
    record === undefined || record === 'unreadable' ? [] : [{ key, record }],
  );
}

/** Below the same prefix are the records of keys that are longer. */
const isRightIn = (folder: string, key: string): boolean => key.slice(folder.length).split('/').length === 2;

const byArrival = ({ record: one }: KeyedRecord, { record: other }: KeyedRecord): number =>
  Date.parse(one.drop.droppedAt) - Date.parse(other.drop.droppedAt);

function isSame(record: DropRecord, described: RecordDraft): boolean {
  const { status, drop, sent, packed, member, plan, unshared, retired } = record;
  return (
    status === 'active' &&
    // What could not be shared then may be shared now.
    unshared === undefined &&
    retired === undefined &&
    drop.etag === described.drop.etag &&
    drop.size === described.drop.size &&
    packed?.sha256 === described.packed?.sha256 &&
    isDeepStrictEqual(member, described.member) &&
    isDeepStrictEqual(plan?.range, described.plan?.range) &&
    isDeepStrictEqual(withoutIds(sent), withoutIds(described.sent)) &&
    agreesWithPublisher(record, described)
  );
}

function withoutIds(image: NewImage | undefined): unknown {
  if (image === undefined) return undefined;
  const { [ID_PROPERTY]: _id, [RECORD_PROPERTY]: _record, ...properties } = image.properties;
  return { ...image, id: undefined, properties };
}

/** The bytes of a duplicate are not read: what its publisher says must be known of those that were read. */
function agreesWithPublisher(record: DropRecord, { publisher }: RecordDraft): boolean {
  const checksum = publisher?.checksum;
  if (checksum === undefined || droppedDigest(record)?.[checksum.algorithm] === checksum.value) return true;
  const { algorithm, value, agrees } = record.publisher?.checksum ?? {};
  return agrees === true && algorithm === checksum.algorithm && value === checksum.value;
}

/** People may have deleted, deactivated or renamed the image since. */
async function hasImage(
  { record }: KeyedRecord,
  { record: { image: expected, sent } }: KeyedRecord,
  work: Work,
): Promise<boolean> {
  const id = record.status === 'active' ? record.image?.id : undefined;
  if (id === undefined || id !== expected?.id) return false;
  const image = await (await work.endpoint()).get(id);
  return image?.status === 'active' && image.name === sent?.name;
}
