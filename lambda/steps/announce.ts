import { isDeepStrictEqual } from 'node:util';
import { goesTo, recordKey } from '../model/drop.ts';
import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { DropRecord } from '../model/record.ts';
import { isSettled } from '../model/record-changes.ts';
import { removeBeforeOutcome } from './give-up-image.ts';
import type { RecordStatusDependencies } from './ports.ts';
import { clearStaging } from './stage-image.ts';
import { MAX_ATTEMPTS } from './under-lease.ts';
import { clearUnpacked } from './unpacked-disk.ts';
import { hasWaitedTooLong, putOffOutcome } from './waiting-for-target.ts';
import type { Work } from './work.ts';

type Tags = Readonly<Record<string, string>>;

/**
 * Deletes what a settled record has given up, then announces the outcome: tags on the dropped object, the outcome topic.
 * It is done at least once. What is announced is read again just before, and an outcome carries the revision of its
 * record: the outcome of a drop that was retried meanwhile is not announced.
 */
export async function announce(work: Work, deps: RecordStatusDependencies): Promise<void> {
  const { receives } = work.invocation;
  const isHopeless = (error: ImageDropError): boolean =>
    error.wholeTarget ? hasWaitedTooLong(work.record, deps.now()) : receives >= MAX_ATTEMPTS;
  try {
    const settled = await removeBeforeOutcome(work, isHopeless, deps);
    await announceOnce(work.with(settled), deps);
  } catch (thrown) {
    const error = asImageDropError(thrown);
    if (!error.wholeTarget) throw error;
    await putOffOutcome(work, error, deps);
  }
}

async function announceOnce(work: Work, deps: RecordStatusDependencies): Promise<void> {
  const { key, record, invocation } = work;
  // An invocation that stalled while it wrote the tags, and died, may have overwritten newer ones.
  if (record.announcedAt !== undefined) return invocation.receives > 1 ? tagObject(record, deps) : undefined;
  const staging = await clearStaging(work, deps);
  await clearUnpacked(record, deps);
  await tagObject(record, deps);
  const present = await deps.records.load(key);
  if (present === undefined || present.announcedAt !== undefined || !isSameOutcome(present, record)) return;
  await deps.topic.publish(key, present);
  await work.update((stored) => {
    if (stored.announcedAt !== undefined || !isSameOutcome(stored, record)) return undefined;
    const { waiting: _, ...rest } = stored;
    return { ...rest, announcedAt: deps.now().toISOString(), ...(staging !== undefined && { staging }) };
  });
}

/** A drop that was retried meanwhile has another outcome to come. */
const isSameOutcome = (stored: DropRecord, read: DropRecord): boolean =>
  stored.history.at(-1)?.at === read.history.at(-1)?.at && stored.status === read.status;

/**
 * S3 replaces all tags at once and without condition, and another target of the same drop may write at the same time:
 * so the tags of all targets are written, and written again when one has settled meanwhile.
 */
async function tagObject(record: DropRecord, deps: RecordStatusDependencies): Promise<void> {
  let tags = await outcomeTags(record, deps);
  let written: Tags | undefined;
  while (!isDeepStrictEqual(tags, written)) {
    await writeTags(record, tags, deps);
    written = tags;
    tags = await outcomeTags(record, deps);
  }
}

async function writeTags(record: DropRecord, tags: Tags, deps: RecordStatusDependencies): Promise<void> {
  try {
    await deps.objects.tag(record.drop, tags);
  } catch (error) {
    if (!(error instanceof ImageDropError && error.code === 'object-gone')) throw error;
    deps.log.info('the dropped object is gone; there is nothing to tag', {
      key: record.drop.key,
      dropId: record.drop.id,
    });
  }
}

/** `imagedrop:<target>` = `active <image id>`, `failed <code>` or `superseded`, for each target that has settled. */
async function outcomeTags(record: DropRecord, deps: RecordStatusDependencies): Promise<Tags> {
  const targets = deps.targets.filter(({ name }) => goesTo(record.drop, name));
  const records = await Promise.all(
    // Its own as well: it may have been retried since it was read.
    targets.map(({ name }) => deps.records.load(recordKey(record.drop, name))),
  );
  const settled = records.filter((each): each is DropRecord => each !== undefined && isSettled(each));
  return Object.fromEntries(settled.map((each) => [`imagedrop:${each.target}`, outcome(each)]));
}

function outcome(record: DropRecord): string {
  if (record.status === 'active') return `active ${record.image?.id}`;
  if (record.status === 'failed') return `failed ${record.error?.code}`;
  return record.status;
}
