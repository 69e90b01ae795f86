/** The moves a record can make, as pure functions; what they return is stored by compare-and-swap. */
import type { Drop } from './drop.ts';
import { causeLine, ImageDropError } from './errors.ts';
import type {
  DropRecord,
  HistoryEntry,
  QueueStage,
  RecordedChecksum,
  RecordedError,
  RecordedPacked,
  RecordedPublisher,
  RecordStatus,
  Removal,
} from './record.ts';
import { RECORD_SCHEMA } from './record.ts';
import type { TargetPause } from './target-pause.ts';

/** A record as a step makes it: revision and nonce are given when it is stored. */
export type RecordDraft = Omit<DropRecord, 'revision' | 'nonce'>;

const SETTLED: readonly RecordStatus[] = ['active', 'failed', 'superseded'];

export const isSettled = (record: RecordDraft): boolean => SETTLED.includes(record.status);

/** Settled and announced, and nothing is left to be deleted or retired that could be. */
export const isOver = ({ removing = [], retiring, ...record }: RecordDraft): boolean =>
  isSettled(record) &&
  record.announcedAt !== undefined &&
  retiring === undefined &&
  removing.every(({ obstacle }) => obstacle !== undefined);

export function receive(drop: Drop, target: string, now: Date): RecordDraft {
  return {
    schema: RECORD_SCHEMA,
    status: 'received',
    drop,
    target,
    generation: 1,
    attempts: 0,
    history: [{ status: 'received', at: now.toISOString() }],
  };
}

/**
 * Gives the right to work on the record to one invocation. A holder may take its own lease again.
 * @throws `lease-held`: the holder may be done in a moment or renew for many minutes, so the usual back-off is right
 */
export function lease<R extends Pick<RecordDraft, 'lease'>>(record: R, holder: string, seconds: number, now: Date): R {
  const held = record.lease;
  if (held !== undefined && held.holder !== holder && Date.parse(held.until) > now.getTime()) {
    const message = `Another invocation (${held.holder}) works on this drop until ${held.until}.`;
    throw new ImageDropError('lease-held', message);
  }
  const until = new Date(now.getTime() + seconds * 1000).toISOString();
  return { ...record, lease: { holder, until } };
}

/**
 * Makes sure, at each change that a holder makes, that the lease is still its own.
 * @throws `lease-held`
 */
export function requireLease<R extends Pick<RecordDraft, 'lease'>>(
  record: R | undefined,
  holder: string | undefined,
): asserts record is R {
  if (record !== undefined && record.lease?.holder === holder) return;
  throw new ImageDropError('lease-held', `The lease of this invocation (${holder}) was lost to another.`);
}

/** Ends the lease and notes why the attempt ended. */
export function endAttempt(record: RecordDraft, error: ImageDropError, now: Date): RecordDraft {
  const { lease: _, ...rest } = record;
  return { ...rest, error: recordedError(error, now) };
}

/** An attempt that only found that it has to wait does not count. */
export const withoutAttempt = <R extends RecordDraft>(record: R): R => ({
  ...record,
  attempts: Math.max(0, record.attempts - 1),
});

/** Says why nothing happens, from the beginning of the wait on. */
export function wait(record: RecordDraft, { code, message }: TargetPause, now: Date): RecordDraft {
  return { ...record, waiting: record.waiting ?? { since: now.toISOString(), code, message } };
}

/** Ends the lease while other invocations continue with the record. */
export function withoutLease(record: RecordDraft): RecordDraft {
  const { lease: _, ...rest } = record;
  return rest;
}

/** Notes why the dropped object cannot have our tags; undefined once it has them. */
export function withTagRefusal(record: RecordDraft, untagged: string | undefined): RecordDraft {
  const { untagged: _, ...rest } = record;
  return untagged === undefined ? rest : { ...rest, untagged };
}

/** Notes what the publisher says of the drop, in place of what was known before. */
export function withPublisher(record: RecordDraft, publisher: RecordedPublisher): RecordDraft {
  const { publisher: _, ...rest } = record;
  return Object.keys(publisher).length === 0 ? rest : { ...rest, publisher };
}

/** Notes whether the dropped bytes have the checksum of the publisher. @param reason why that is unknown */
export function withComparison(
  record: RecordDraft,
  agrees: RecordedChecksum['agrees'] & {},
  reason?: string,
): RecordDraft {
  const { publisher } = record;
  if (publisher?.checksum === undefined) return record;
  const { reason: _, ...checksum } = publisher.checksum;
  const compared = { ...checksum, agrees, ...(reason !== undefined && { reason }) };
  return { ...record, publisher: { ...publisher, checksum: compared } };
}

/** Forgets a copy in object storage that is no more. */
export function withoutStaging(record: RecordDraft): RecordDraft {
  const { staging: _, ...rest } = record;
  return rest;
}

/** The next status; a lease, a wait, the count of attempts and an error of the status before are gone. */
export function moveTo(record: RecordDraft, status: RecordStatus, now: Date, note?: string): RecordDraft {
  const { lease: _lease, error: _error, waiting: _waiting, unseen: _unseen, ...rest } = record;
  return { ...rest, status, attempts: 0, history: [...record.history, entry(status, now, note)] };
}

/**
 * A packed drop whose disk has not been unpacked, or is no longer there.
 * @param chosenMember the file in an archive that its metadata name
 */
export function beginUnpacking(record: RecordDraft, now: Date, chosenMember?: string): RecordDraft {
  const begun = moveTo(withoutUnknownImage(record, now), 'unpacking', now);
  const { packed: _packed, member: _member, chosenMember: _chosen, progress: _progress, ...rest } = begun;
  return chosenMember === undefined ? rest : { ...rest, chosenMember };
}

/** An earlier attempt may have created an image of the disk where it was then. */
function withoutUnknownImage(record: RecordDraft, now: Date): RecordDraft {
  const hadDisk = record.packed !== undefined || record.member !== undefined;
  if (!hadDisk || !mayHaveUnknownImage(record)) return record;
  return { ...giveUpImage(record, 'unpacked-again', now), generation: record.generation + 1 };
}

/** Back to the start: from here on the unpacked disk takes the place of the drop. */
export function endUnpacking(record: RecordDraft, packed: RecordedPacked, now: Date): RecordDraft {
  const { progress: _, ...rest } = moveTo(record, 'received', now, 'unpacked');
  return { ...rest, packed };
}

/** From `created` to `uploading`; an upload that is tried again keeps its lease, its count of attempts and its history. */
export function beginUpload(record: RecordDraft, now: Date): RecordDraft {
  if (record.status === 'uploading') return record;
  return { ...record, status: 'uploading', history: [...record.history, entry('uploading', now, undefined)] };
}

/**
 * Whether the record still is what was read, as far as a verdict on its image goes: under the lease of the reader, or
 * without a lease and with the same image, job, upload and verification. A verdict on one image must not hit the next,
 * nor a verified image that is being released.
 */
export function isUndecided(read: RecordDraft, stored: RecordDraft, now: Date): boolean {
  if (stored.generation !== read.generation || isSettled(stored)) return false;
  if (read.lease !== undefined) return stored.lease?.holder === read.lease.holder;
  return !isLeased(stored, now) && stored.status === read.status && isOfSameImage(read, stored);
}

export const isLeased = ({ lease }: Pick<RecordDraft, 'lease'>, now: Date): boolean =>
  lease !== undefined && Date.parse(lease.until) > now.getTime();

const isOfSameImage = (one: RecordDraft, other: RecordDraft): boolean =>
  one.image?.id === other.image?.id &&
  one.register?.jobId === other.register?.jobId &&
  one.staging?.uploadId === other.staging?.uploadId &&
  (one.verification === undefined) === (other.verification === undefined);

/**
 * Gives up the image of the present generation: the record names what is to be deleted before anybody deletes it.
 * @param reason the error code, or `superseded`
 */
function giveUpImage(record: RecordDraft, reason: string, now: Date): RecordDraft {
  const { generation } = record;
  // The image of a duplicate is another record's.
  const image = record.duplicateOf === undefined ? record.image : undefined;
  const because = { generation, reason, since: now.toISOString() };
  const removals = [
    ...(image === undefined ? [] : [{ ...because, imageId: image.id }]),
    ...(mayHaveUnknownImage(record) ? [because] : []),
  ];
  return removals.reduce(withRemoval, record);
}

/** Names one more image that is to be deleted; once. */
export function withRemoval(record: RecordDraft, removal: Removal): RecordDraft {
  const { removing = [] } = record;
  const isNamed = removing.some((each) => isSameRemoval(each, removal));
  return isNamed ? record : { ...record, removing: [...removing, removal] };
}

/** Strikes out an image that is gone. */
export function withoutRemoval(record: RecordDraft, removal: Removal): RecordDraft {
  const { removing = [], ...others } = record;
  const { retired } = others;
  const rest: RecordDraft =
    removal.reason === 'retired' && retired ? { ...others, retired: { ...retired, deleted: true } } : others;
  const left = removing.filter((each) => !isSameRemoval(each, removal));
  return left.length === 0 ? rest : { ...rest, removing: left };
}

/** Notes why an image could not be deleted, in the words of the target. */
export function withObstacle(record: RecordDraft, removal: Removal, error: ImageDropError): RecordDraft {
  const removing = record.removing?.map((each) =>
    isSameRemoval(each, removal) ? { ...each, obstacle: error.message } : each,
  );
  const rest =
    removal.imageId === undefined ? 'An image of it may be there' : `Its image ${removal.imageId} is still there`;
  const message = `${record.error?.message} ${rest}: ${error.message}`;
  return {
    ...record,
    ...(removing !== undefined && { removing }),
    ...(record.error !== undefined && { error: { ...record.error, message } }),
  };
}

const isSameRemoval = (one: Removal, other: Removal): boolean =>
  one.generation === other.generation && one.imageId === other.imageId;

/**
 * A fast import creates the image itself, and an attempt may have died between the creation and the record. Where no
 * attempt was made, no request is sent, so that a bad file is refused although its cloud is unavailable.
 */
function mayHaveUnknownImage({ status, plan, register, attempts, lease, error }: RecordDraft): boolean {
  if (plan?.route === 'fast-import' && register !== undefined) return true;
  const attemptsBefore = attempts - (lease === undefined ? 0 : 1);
  return status === 'received' && (attemptsBefore > 0 || error !== undefined);
}

/** Back to the start with a new image, because the one before is broken or gone. A copy in object storage stays. */
export function beginAgain(record: RecordDraft, now: Date, why: string): RecordDraft {
  const {
    image: _image,
    import: _import,
    register: _register,
    unread: _unread,
    progress: _progress,
    hashes: _hashes,
    sent: _sent,
    metadata: _metadata,
    verification: _verification,
    ...rest
  } = moveTo(giveUpImage(record, why, now), 'received', now, why);
  return { ...rest, generation: record.generation + 1 };
}

/** The key was written again before the upload began. */
export function supersede(record: RecordDraft, by: string, now: Date): RecordDraft {
  return moveTo(giveUpImage(record, 'superseded', now), 'superseded', now, `by ${by}`);
}

/**
 * Settles a drop with the image that the same drop has already. An image of its own that an earlier attempt may have
 * created is given up.
 */
export function settleDuplicate(record: RecordDraft, key: string, original: DropRecord, now: Date): RecordDraft {
  const { image, sent, hashes, unread, verification } = original;
  const settled = moveTo(giveUpImage(record, 'duplicate', now), 'active', now, `duplicate of ${key}`);
  return {
    ...withComparison(settled, true),
    duplicateOf: key,
    ...(image && { image }),
    ...(sent && { sent }),
    ...(hashes && { hashes }),
    ...(unread !== undefined && { unread }),
    ...(verification && { verification }),
  };
}

/**
 * A drop that failed, from the start again, with another image. A copy in object storage that was removed is made anew.
 * @param failedAt when, as its history says: a message that asks for it twice is obeyed once
 * @returns undefined where it has not failed then
 */
export function retry(record: RecordDraft, failedAt: string, now: Date): RecordDraft | undefined {
  if (record.status !== 'failed' || record.history.at(-1)?.at !== failedAt) return undefined;
  const {
    announcedAt: _announcedAt,
    untagged: _untagged,
    deadLetter: _deadLetter,
    // The operator may have given the function a faster way.
    measured: _measured,
    slowRuns: _slowRuns,
    ...rest
  } = record;
  const again = beginAgain(rest, now, 'retried');
  const retried = { ...again, retriedFrom: again.generation };
  return record.staging?.removedAt === undefined ? retried : withoutStaging(retried);
}

/** A drop whose object was archived, from the start again; undefined where that is not why it failed. */
export function retryRestored(record: RecordDraft, now: Date): RecordDraft | undefined {
  if (record.status !== 'failed' || record.error?.code !== 'object-archived') return undefined;
  return retry(record, record.history.at(-1)?.at ?? '', now);
}

/** @param deadLetter the stage of the dead letter that has settled it */
export function fail(record: RecordDraft, error: ImageDropError, now: Date, deadLetter?: QueueStage): RecordDraft {
  const ended = moveTo(giveUpImage(record, error.code, now), 'failed', now, error.code);
  return {
    ...ended,
    error: recordedError(error, now),
    ...(deadLetter !== undefined && { deadLetter }),
  };
}

/** Since when the record has its status. */
export function statusSince(record: RecordDraft): Date {
  const last = record.history.at(-1);
  return new Date(last?.at ?? record.drop.droppedAt);
}

export function recordedError(error: ImageDropError, now: Date): RecordedError {
  const cause = causeLine(error);
  return {
    code: error.code,
    message: error.message,
    nextStep: error.nextStep,
    retryable: error.retryable,
    ...(cause !== undefined && { cause }),
    at: now.toISOString(),
  };
}

function entry(status: RecordStatus, now: Date, note: string | undefined): HistoryEntry {
  return { status, at: now.toISOString(), ...(note !== undefined && { note }) };
}
