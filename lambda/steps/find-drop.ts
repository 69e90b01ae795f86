import { chosenTargets, refusedChoice } from '../metadata/chosen-targets.ts';
import { type Drop, dropId, dropIdIn, goesTo, recordKey, secondsIn } from '../model/drop.ts';
import { asImageDropError, REFUSED_READS } from '../model/errors.ts';
import type { DropRecord } from '../model/record.ts';
import type { ObjectEvent } from '../model/s3-event.ts';
import { hadBegun, isUpToDate, type TargetBeginnings, withTargets } from '../model/target-beginnings.ts';
import type { BeginningStore, ObjectHead, ObjectStore, RecordStore, StepDependencies } from './ports.ts';

export interface DropDependencies extends ChoiceDependencies {
  readonly objects: Pick<ObjectStore, 'head'>;
  readonly records: Pick<RecordStore, 'load' | 'keysBelow'>;
}

export interface FoundDrop {
  readonly drop: Drop;
  /** The object under the key of the drop now, if it is the drop itself. */
  readonly newest?: ObjectHead;
}

/** The drop and the object under its key: usually one and the same, so that one request is enough. */
export async function foundDrop(event: ObjectEvent, deps: DropDependencies): Promise<FoundDrop> {
  const { bucket, key, versionId, etag } = event;
  const newest = await headIfAllowed({ bucket, key }, deps);
  const isDrop = newest !== undefined && newest.versionId === versionId && newest.etag === etag;
  if (!isDrop) return { drop: await dropOf(event, deps) };
  return { drop: await withChosenTargets(dropAs({ ...event, ...newest }), newest, deps), newest };
}

/** The drop as its object describes it; when the object is gone already, as the event described it. */
export async function dropOf(event: ObjectEvent, deps: DropDependencies): Promise<Drop> {
  const head = await headIfAllowed(event, deps);
  const object = head ?? { lastModified: (await recordedArrival(event, deps)) ?? event.eventTime };
  return withChosenTargets(dropAs({ ...event, ...object }), head, deps);
}

/**
 * The head of an object. Where S3 refuses it, the drop is known by its event alone: it gets a record, which the refusal
 * then settles.
 */
async function headIfAllowed(
  { bucket, key, versionId }: Pick<ObjectEvent, 'bucket' | 'key' | 'versionId'>,
  { objects }: Pick<DropDependencies, 'objects'>,
): Promise<ObjectHead | undefined> {
  try {
    return await objects.head(bucket, key, versionId);
  } catch (thrown) {
    if (REFUSED_READS.includes(asImageDropError(thrown).code)) return undefined;
    throw thrown;
  }
}

/** S3 tells Last-Modified in whole seconds, and the event a moment later. */
const EVENT_DELAY_SECONDS = 3;

/** Of a multipart upload, Last-Modified is when it was begun: days before the event of its end. */
const LONGEST_UPLOAD_SECONDS = 8 * 86_400;

/**
 * When a drop arrived whose object is gone and had no version: its record says so, if it has one. An event
 * that comes again must not make a second record.
 */
async function recordedArrival(event: ObjectEvent, deps: DropDependencies): Promise<Date | undefined> {
  const { etag, versionId, eventTime } = event;
  if (versionId !== undefined) return undefined;
  const latest = eventTime.getTime() / 1000 + EVENT_DELAY_SECONDS;
  const earliest = latest - (etag.includes('-') ? LONGEST_UPLOAD_SECONDS : 2 * EVENT_DELAY_SECONDS);
  const arrivals = (await recordedIds(event, deps))
    .map((id) => secondsIn(id, etag))
    .filter((seconds) => seconds !== undefined)
    .filter((seconds) => seconds >= earliest && seconds <= latest);
  return arrivals.length === 0 ? undefined : new Date(Math.max(...arrivals) * 1000);
}

async function recordedIds(event: ObjectEvent, deps: DropDependencies): Promise<readonly string[]> {
  const { key, etag, eventTime } = event;
  const likely = { key, id: dropId({ etag, lastModified: eventTime }) };
  const prefixes = deps.targets.map(({ name }) => recordKey(likely, name).replace(/\/[^/]*\/[^/]*$/, `/${etag}-`));
  const keys = await Promise.all([...new Set(prefixes)].map((prefix) => deps.records.keysBelow(prefix)));
  return keys.flat().flatMap((each) => dropIdIn(each).dropId ?? []);
}

/** The drop as its event described it, when its object cannot be read. */
export const dropFromEvent = (event: ObjectEvent, deps: DropDependencies): Promise<Drop> =>
  withChosenTargets(dropAs({ ...event, lastModified: event.eventTime }), undefined, deps);

function dropAs(object: Omit<ObjectEvent, 'eventTime'> & { readonly lastModified: Date }): Drop {
  const { bucket, key, versionId, etag, size, lastModified } = object;
  return {
    bucket,
    key,
    id: dropId({ versionId, etag, lastModified }),
    ...(versionId !== undefined && { versionId }),
    etag,
    size,
    droppedAt: lastModified.toISOString(),
  };
}

export interface ChoiceDependencies extends Pick<StepDependencies, 'targets'> {
  readonly records: Pick<RecordStore, 'load'>;
}

/**
 * The drop, and where it goes. When its object is gone, or names a target that the stack does not have, its
 * earlier records count: targets may have left since. Without records it goes to all of them, so that the
 * right one reports it.
 */
async function withChosenTargets(
  drop: Drop,
  object: Pick<ObjectHead, 'userMetadata'> | undefined,
  deps: ChoiceDependencies,
): Promise<Drop> {
  const { targets, refusal } = object === undefined ? {} : choiceOf(object, deps);
  const isOpen = object === undefined || refusal !== undefined;
  const chosen = isOpen ? (await recordsOf(drop, deps)).targets : targets;
  return chosen === undefined ? drop : { ...drop, targets: chosen };
}

export interface RecordsOfDrop {
  /** Targets of the stack without a record. */
  readonly missing: readonly string[];
  /** What they say the drop had named. */
  readonly targets?: readonly string[];
}

/** Looks for the record of a drop at each target of the stack. One that cannot be read is there, and says nothing. */
export async function recordsOf(
  drop: Pick<Drop, 'key' | 'id'>,
  { records, targets }: ChoiceDependencies,
): Promise<RecordsOfDrop> {
  const found = await Promise.all(
    targets.map(async ({ name }) => ({ name, record: await readable(recordKey(drop, name), records) })),
  );
  const named = found.map(({ record }) => (record === 'unreadable' ? undefined : record?.drop.targets));
  const chosen = named.find((names) => names !== undefined);
  return {
    missing: found.filter(({ record }) => record === undefined).map(({ name }) => name),
    ...(chosen !== undefined && { targets: chosen }),
  };
}

/**
 * Makes sure that a drop whose record has no word of it goes to the target of that record.
 * @throws `bad-metadata`
 */
export function requireChosen(
  { drop, target }: Pick<DropRecord, 'drop' | 'target'>,
  object: Pick<ObjectHead, 'userMetadata'>,
  deps: Pick<StepDependencies, 'targets'>,
): void {
  if (drop.targets !== undefined) return;
  const { targets, refusal } = choiceOf(object, deps);
  if (refusal !== undefined) throw refusal;
  // Its record was made when its targets were unknown, and the stack has that target by now.
  if (targets?.includes(target) === false) throw refusedChoice(`names ${targets.join(', ')}, and not ${target}`);
}

const choiceOf = ({ userMetadata }: Pick<ObjectHead, 'userMetadata'>, { targets }: Pick<StepDependencies, 'targets'>) =>
  chosenTargets(
    userMetadata,
    targets.map(({ name }) => name),
  );

export async function readable(
  key: string,
  records: Pick<RecordStore, 'load'>,
): Promise<DropRecord | 'unreadable' | undefined> {
  try {
    return await records.load(key);
  } catch (thrown) {
    if (asImageDropError(thrown).retryable) throw thrown;
    return 'unreadable';
  }
}

export interface BeginningDependencies extends ChoiceDependencies, Pick<StepDependencies, 'now'> {
  readonly beginnings: BeginningStore;
}

/** An event that comes within this time was sent because of the drop; an older one was redriven or sent again. */
const LIVE_MS = 15 * 60_000;

/**
 * The targets that a drop goes to: those that it names, as far as they had begun when it was dropped.
 * @param arrivedAt when it was dropped, as its event says
 */
export async function targetsFor(drop: Drop, arrivedAt: Date, deps: BeginningDependencies): Promise<readonly string[]> {
  const beginnings = await beginningsNow(deps, () => firstSight(drop, arrivedAt, deps));
  return begunTargets(drop, arrivedAt, beginnings, deps);
}

export function begunTargets(
  drop: Pick<Drop, 'targets'>,
  arrivedAt: Date,
  beginnings: TargetBeginnings,
  { targets }: Pick<StepDependencies, 'targets'>,
): readonly string[] {
  const named = targets.map(({ name }) => name).filter((name) => goesTo(drop, name));
  return named.filter((name) => hadBegun(beginnings, name, arrivedAt));
}

/**
 * When each target of the stack began. Targets that are seen for the first time are noted, as are those that are gone.
 * @param at when a new target begins
 */
export async function beginningsNow(
  deps: BeginningDependencies,
  at: () => Promise<Date> = async () => deps.now(),
): Promise<TargetBeginnings> {
  const names = deps.targets.map(({ name }) => name);
  const stored = await deps.beginnings.load();
  if (stored !== undefined && isUpToDate(stored, names)) return stored;
  const seen = { at: stored === undefined ? deps.now() : await at(), now: deps.now() };
  return deps.beginnings.change((present) => withTargets(present, names, seen));
}

/** The same without a note of what is seen for the first time. */
export async function beginningsUnnoted({
  beginnings,
  targets,
  now,
}: BeginningDependencies): Promise<TargetBeginnings> {
  const names = targets.map(({ name }) => name);
  return withTargets(await beginnings.load(), names, { at: now(), now: now() });
}

/**
 * A drop without records, and whose event is fresh, is the first of its new targets. Any other was dropped
 * before them.
 */
async function firstSight(drop: Drop, arrivedAt: Date, deps: BeginningDependencies): Promise<Date> {
  const isLive = deps.now().getTime() - arrivedAt.getTime() < LIVE_MS;
  const { missing } = await recordsOf(drop, deps);
  return isLive && missing.length === deps.targets.length ? new Date(arrivedAt.getTime() - 1) : deps.now();
}
