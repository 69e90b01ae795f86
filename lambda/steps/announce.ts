import { isDeepStrictEqual } from 'node:util';
import { goesTo, recordKey, SETTLED_TAG } from '../model/drop.ts';
import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { DropRecord } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { removeBeforeOutcome } from './give-up-image.ts';
import type { RecordStatusDependencies } from './ports.ts';
import { retireIfPossible, retiringFrom } from './retire-versions.ts';
import { clearStaging } from './stage-image.ts';
import { MAX_ATTEMPTS } from './under-lease.ts';
import { clearUnpacked } from './unpacked-disk.ts';
import { hasWaitedTooLong, putOffOutcome } from './waiting-for-target.ts';
import type { Work } from './work.ts';

type Tags = Readonly<Record<string, string>>;

/**
 * Deletes what a settled record has given up, stores the receipt of an active one, announces the outcome on the topic, then
 * tags the dropped object: a bucket that forbids tags must not suppress the outcome. All of it is done at least once. The
 * record is read again just before its outcome is announced, and the outcome carries its revision: that of a drop which was
 * retried meanwhile is not announced.
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
  const { key, record } = work;
  // The invocation that announced it may have died before it wrote the tags, or have stalled and overwritten newer ones. Its
  // message may have become a dead letter: once redriven, it is a new message.
  if (record.announcedAt !== undefined) return afterOutcome(work, deps);
  const staging = await clearStaging(work, deps);
  const present = await deps.records.load(key);
  if (present === undefined || present.announcedAt !== undefined || !isSameOutcome(present, record)) return;
  const receipt = await keptReceipt(work.with(present), deps);
  await deps.topic.publish(key, { ...present, ...receipt });
  const announced = await work.update((stored) => {
    if (stored.announcedAt !== undefined || !isSameOutcome(stored, record)) return undefined;
    const { waiting: _, ...rest } = stored;
    const announcedAt = deps.now().toISOString();
    return { ...rest, announcedAt, ...(staging !== undefined && { staging }), ...receipt, ...retiringFrom(rest, deps) };
  });
  if (announced?.announcedAt !== undefined) await afterOutcome(work.with(announced), deps);
}

/** What may fail without anyone missing the outcome. */
async function afterOutcome(work: Work, deps: RecordStatusDependencies): Promise<void> {
  await tagIfPossible(work, deps);
  await clearIfPossible(work, deps);
  await keepReceiptIfPossible(work, deps);
  await retireIfPossible(work, deps);
}

type ReceiptLink = Pick<DropRecord, 'receipt' | 'noReceipt'>;

/**
 * Stores the receipt of an active record. This is the one place where the record is final and not yet announced, so a
 * redelivery stores the same receipt, and the link needs no write of its own. A failure must not delay the outcome: the
 * receipt is then left to keepReceiptIfPossible.
 */
async function keptReceipt({ key, record }: Work, deps: RecordStatusDependencies): Promise<ReceiptLink> {
  if (record.status !== 'active') return {};
  try {
    const owner = record.duplicateOf ?? key;
    const owned = owner === key ? record : await deps.records.load(owner);
    if (owned === undefined) return { noReceipt: `The record ${owner}, which owns the image, is gone.` };
    return { receipt: await deps.receipts.keep(owner, owned) };
  } catch (thrown) {
    const error = asImageDropError(thrown);
    deps.log.warn('the receipt could not be stored', { record: key, error });
    return { noReceipt: error.message };
  }
}

/** Stores a receipt that could not be stored before the outcome. @throws what may pass, until the last attempt */
async function keepReceiptIfPossible(work: Work, deps: RecordStatusDependencies): Promise<void> {
  if (work.record.noReceipt === undefined) return;
  const { receipt, noReceipt = '' } = await keptReceipt(work, deps);
  if (receipt !== undefined) {
    await work.update(({ noReceipt: _, ...stored }) => ({ ...stored, receipt }));
  } else if (work.invocation.receives < MAX_ATTEMPTS) {
    throw new ImageDropError('aws-unavailable', noReceipt);
  }
}

/** Deletes the unpacked disk, or leaves it to the lifecycle of the work bucket. @throws what may pass, until the last attempt */
async function clearIfPossible({ key, record, invocation }: Work, deps: RecordStatusDependencies): Promise<void> {
  try {
    await clearUnpacked(record, deps);
  } catch (thrown) {
    const error = asImageDropError(thrown);
    if (error.retryable && invocation.receives < MAX_ATTEMPTS) throw error;
    deps.log.warn('the unpacked disk is left to the lifecycle of its bucket', { record: key, error });
  }
}

/** A drop that was retried meanwhile has another outcome to come. */
const isSameOutcome = (stored: DropRecord, read: DropRecord): boolean =>
  stored.history.at(-1)?.at === read.history.at(-1)?.at && stored.status === read.status;

/** Tags the object, or notes in the record why that is impossible. @throws what may pass, until the last attempt */
async function tagIfPossible(work: Work, deps: RecordStatusDependencies): Promise<void> {
  const { record, invocation } = work;
  if (!deps.tagsDrops) return;
  const refusal = await tagObject(record, deps).catch((thrown) => {
    const error = asImageDropError(thrown);
    if (error.retryable && invocation.receives < MAX_ATTEMPTS) throw error;
    return error.message;
  });
  if (refusal === record.untagged) return;
  if (refusal !== undefined) deps.log.warn('the dropped object has no tags', { record: work.key, why: refusal });
  await work.update((stored) => (isSameOutcome(stored, record) ? changes.withTagRefusal(stored, refusal) : undefined));
}

/**
 * S3 replaces all tags at once and without condition, and another target of the same drop may write at the same time:
 * so the tags of all targets are written, and written again when one has settled meanwhile.
 * @returns why the object cannot have them
 */
async function tagObject(record: DropRecord, deps: RecordStatusDependencies): Promise<string | undefined> {
  let tags = await outcomeTags(record, deps);
  let written: Tags | undefined;
  while (!isDeepStrictEqual(tags, written)) {
    const refusal = await writeTags(record, tags, deps);
    if (refusal !== undefined) return refusal;
    written = tags;
    tags = await outcomeTags(record, deps);
  }
  return undefined;
}

async function writeTags(record: DropRecord, tags: Tags, deps: RecordStatusDependencies): Promise<string | undefined> {
  try {
    return await deps.objects.tag(record.drop, tags);
  } catch (error) {
    if (!(error instanceof ImageDropError && error.code === 'object-gone')) throw error;
    deps.log.info('the dropped object is gone; there is nothing to tag', {
      key: record.drop.key,
      dropId: record.drop.id,
    });
    return undefined;
  }
}

/**
 * `imagedrop:<target>` = `active <image id>`, `failed <code>` or `superseded`, for each target that has settled. A drop that
 * failed somewhere gets no mark: a retry reads its file.
 */
async function outcomeTags(record: DropRecord, deps: RecordStatusDependencies): Promise<Tags> {
  const targets = deps.targets.filter(({ name }) => goesTo(record.drop, name));
  const records = await Promise.all(
    // Its own as well: it may have been retried since it was read.
    targets.map(({ name }) => deps.records.load(recordKey(record.drop, name))),
  );
  const settled = records.filter((each): each is DropRecord => each !== undefined && changes.isSettled(each));
  const tags = Object.fromEntries(settled.map((each) => [`imagedrop:${each.target}`, outcome(each)]));
  const isOver = settled.length === records.length && settled.every(({ status }) => status !== 'failed');
  return deps.marksSettled && isOver ? { ...tags, ...SETTLED_TAG } : tags;
}

function outcome(record: DropRecord): string {
  if (record.status === 'active') return `active ${record.image?.id}`;
  if (record.status === 'failed') return `failed ${record.error?.code}`;
  return record.status;
}
