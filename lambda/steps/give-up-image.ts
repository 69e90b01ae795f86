/**
 * Everything that destroys an image goes through this file, in three steps: the record gives the image up by
 * compare-and-swap and names it in `removing`; the image is deleted; the record strikes it out. After the first step
 * nobody can settle or continue with that image, and any later message of the drop finishes the other two.
 */
import type { ImageEndpoint } from '../endpoints/endpoint.ts';
import { asImageDropError, type ErrorCode, ImageDropError } from '../model/errors.ts';
import { imageId } from '../model/image-id.ts';
import type { DropRecord, Removal } from '../model/record.ts';
import type { RecordDraft } from '../model/record-changes.ts';
import * as changes from '../model/record-changes.ts';
import { MAX_DELAY_SECONDS, type MessageQueue, type StepDependencies } from './ports.ts';
import { targetOf } from './target-of.ts';

/** A store that breaks five images in a row breaks the sixth as well. */
export const MAX_GENERATIONS = 5;

/** The faults for which the copy in object storage may be to blame. After any other the next image is made of the same copy. */
const DOUBTED: readonly ErrorCode[] = ['size-mismatch', 'hash-mismatch'];

export interface FailDependencies extends StepDependencies {
  /** record-status listens here: it deletes what a settled record has given up, then announces the outcome. */
  readonly statusQueue: MessageQueue;
}

export interface BeginAgainDependencies extends StepDependencies {
  readonly ingestQueue: MessageQueue;
}

/**
 * Gives up a broken image and sends the record back to create-metadata, which deletes it before it creates the next.
 * @param read the record that the verdict is about: one that has moved on since is left alone
 * @param why what was wrong with the image, and how long to wait before the next one
 * @throws `why` as a permanent error after MAX_GENERATIONS images; `lease-held` when the lease of `read` is lost
 */
export async function beginAgain(
  key: string,
  read: RecordDraft,
  why: ImageDropError,
  deps: BeginAgainDependencies,
): Promise<void> {
  const begun = imagesBegun(read);
  if (begun >= MAX_GENERATIONS) throw givenUp(begun, why);
  const now = deps.now();
  const stored = await decided(key, read, deps, (record) => {
    const { staging } = record;
    const isDoubted = staging !== undefined && DOUBTED.includes(why.code);
    const again = changes.beginAgain(record, now, why.code);
    return isDoubted ? { ...again, staging: { ...staging, doubted: true } } : again;
  });
  if (stored?.status !== 'received' || stored.generation !== read.generation + 1) return;
  await atOnce(key, () => removeGivenUp(key, stored, deps), deps);
  await deps.ingestQueue.send({ record: key }, Math.min(why.retryAfterSeconds ?? 0, MAX_DELAY_SECONDS));
}

/**
 * Settles the drop as failed and gives up its image.
 * @param read as for beginAgain
 * @throws `lease-held` when the lease of `read` is lost
 */
export async function failDrop(
  key: string,
  read: RecordDraft,
  error: ImageDropError,
  deps: FailDependencies,
): Promise<void> {
  const stored = await decided(key, read, deps, (record) => changes.fail(record, explained(error, record), deps.now()));
  if (stored?.status === 'failed') await end(key, stored, deps);
}

/** Codes of an image that the endpoint looked into and did not take. */
const REFUSED_BY_CONTENT: readonly ErrorCode[] = ['content-refused', 'image-killed', 'import-failed'];
const CONVERT = 'Convert it with `qemu-img convert -O qcow2 FILE NEW.qcow2` and drop the new file.';

/** Glance says only that its safety checks failed; inspection has predicted which. */
function explained(error: ImageDropError, { found }: RecordDraft): ImageDropError {
  const reason = found?.glanceRefusal;
  if (reason === undefined || !REFUSED_BY_CONTENT.includes(error.code)) return error;
  return new ImageDropError(error.code, `${error.message} ${reason}`, { cause: error.cause, nextStep: CONVERT });
}

/** Settles the drop as superseded by another version of its key, and gives up its image. */
export async function supersede(key: string, read: RecordDraft, by: string, deps: FailDependencies): Promise<void> {
  const stored = await decided(key, read, deps, (record) => changes.supersede(record, by, deps.now()));
  if (stored?.status === 'superseded') await end(key, stored, deps);
}

async function end(key: string, record: DropRecord, deps: FailDependencies): Promise<void> {
  if (record.announcedAt !== undefined) return;
  await atOnce(key, () => removeBeforeOutcome(key, record, () => false, deps), deps);
  await deps.statusQueue.send({ record: key });
}

/** Where that fails, the next step of the record does it before it goes on. */
async function atOnce(key: string, remove: () => Promise<unknown>, deps: StepDependencies): Promise<void> {
  try {
    await remove();
  } catch (thrown) {
    deps.log.warn('an image is not deleted yet', { record: key, error: asImageDropError(thrown) });
  }
}

/** Stores a verdict on what was read, unless the record has moved on since. */
function decided(
  key: string,
  read: RecordDraft,
  deps: StepDependencies,
  verdict: (record: DropRecord) => RecordDraft,
): Promise<DropRecord | undefined> {
  return deps.records.change(key, (stored) => {
    if (stored === undefined || changes.isSettled(stored)) return undefined;
    if (read.lease !== undefined) changes.requireLease(stored, read.lease.holder);
    return changes.isUndecided(read, stored, deps.now()) ? verdict(stored) : undefined;
  });
}

/** Since the drop, or since it was last retried. */
const imagesBegun = ({ generation, retriedFrom = 1 }: RecordDraft): number => generation - retriedFrom + 1;

function givenUp(begun: number, why: ImageDropError): ImageDropError {
  const message = `${why.message} This was image ${begun} of ${MAX_GENERATIONS} for this drop.`;
  return new ImageDropError(why.code, message, { cause: why.cause, retryable: false });
}

/**
 * Deletes the images that the record has given up, and strikes out each that is gone.
 * @throws what the target answers: the next message of the drop goes on with it
 */
export async function removeGivenUp(
  key: string,
  record: DropRecord,
  deps: StepDependencies,
  removals: readonly Removal[] = record.removing ?? [],
): Promise<void> {
  for (const removal of removals) {
    const endpoint = await deps.endpoints.of(targetOf(record, deps.targets));
    for (const id of await idsOf(removal, record, endpoint)) await endpoint.delete(id);
    await deps.records.change(key, (stored) => stored && changed(stored, changes.withoutRemoval(stored, removal)));
  }
}

const changed = (stored: DropRecord, next: RecordDraft): RecordDraft | undefined =>
  next.removing?.length === stored.removing?.length ? undefined : next;

async function idsOf(
  { generation, imageId: id }: Removal,
  { drop, target }: DropRecord,
  endpoint: ImageEndpoint,
): Promise<readonly string[]> {
  if (id !== undefined) return [id];
  const mark = imageId(drop, target, generation);
  const byFastImport = (await endpoint.registers?.madeFor(mark)) ?? [];
  const byCreation = await endpoint.createdFor(mark);
  return [...new Set([...byFastImport, ...byCreation].map((image) => image.id))];
}

/**
 * The same for a settled record, whose outcome waits for it.
 * @param isHopeless whether an error that may pass has lasted too long: then the record says that the image is left
 * @returns the record as it is afterwards
 * @throws an error that may pass
 */
export async function removeBeforeOutcome(
  key: string,
  record: DropRecord,
  isHopeless: (error: ImageDropError) => boolean,
  deps: StepDependencies,
): Promise<DropRecord> {
  const open = (record.removing ?? []).filter(({ obstacle }) => obstacle === undefined);
  if (open.length === 0) return record;
  for (const removal of open) {
    try {
      await removeGivenUp(key, record, deps, [removal]);
    } catch (thrown) {
      const error = asImageDropError(thrown);
      if (error.retryable && !isHopeless(error)) throw error;
      deps.log.warn('an image is left at the target', { record: key, ...removal, error });
      await deps.records.change(key, (stored) => stored && changes.withObstacle(stored, removal, error));
    }
  }
  return (await deps.records.load(key)) ?? record;
}

/**
 * Removes an image that this invocation has created and cannot give to its record, because it stalled until another
 * invocation took over. Where that one may still find the image, it stays.
 * @param record as this invocation had leased it
 * @param refusal why the record did not take the image; anything but `lease-held` leaves the image to the next attempt
 */
export async function removeForsaken(
  id: string,
  key: string,
  record: DropRecord,
  refusal: unknown,
  deps: StepDependencies,
): Promise<void> {
  if (refusal instanceof ImageDropError && refusal.code === 'lease-held') await forsake([id], key, record, deps);
}

/**
 * Removes what a stalled invocation has created that died before it could do so itself. Its message comes again when the
 * record has moved on without it.
 */
export async function removeLeftBehind(key: string, record: DropRecord, deps: StepDependencies): Promise<void> {
  const endpoint = await deps.endpoints.of(targetOf(record, deps.targets));
  const isFastImport = record.plan?.route === 'fast-import';
  // Until its job names the image, nobody knows which of two is the record's: record-status removes the other one then.
  if (isFastImport && record.image === undefined && !changes.isSettled(record)) return;
  const mark = imageId(record.drop, record.target, record.generation);
  const created = isFastImport ? await endpoint.registers?.madeFor(mark) : await endpoint.createdFor(mark);
  const ids = (created ?? []).map(({ id }) => id);
  await forsake(ids, key, record, deps);
}

/** Removes the second image of a fast import that was requested twice, once the record knows its own. */
export async function removeSecondImage(key: string, record: DropRecord, deps: StepDependencies): Promise<void> {
  if (record.plan?.route !== 'fast-import') return;
  await atOnce(key, () => removeLeftBehind(key, record, deps), deps);
}

async function forsake(
  ids: readonly string[],
  key: string,
  { generation }: DropRecord,
  deps: StepDependencies,
): Promise<void> {
  const since = deps.now().toISOString();
  const removals = ids.map((id) => ({ generation, imageId: id, reason: 'forsaken', since }));
  const forsaken = (stored: DropRecord) => removals.filter((removal) => isForsaken(stored, removal));
  if (removals.length === 0) return;
  const stored = await deps.records.change(key, (record) => {
    if (record === undefined || forsaken(record).length === 0) return undefined;
    return forsaken(record).reduce<RecordDraft>(changes.withRemoval, record);
  });
  if (stored !== undefined) await removeGivenUp(key, stored, deps, forsaken(stored));
}

/** No invocation can take the image up any more: not the record's, and not of a generation that still looks for its own. */
export function isForsaken(stored: DropRecord, { generation, imageId: id }: Removal): boolean {
  if (stored.generation !== generation || stored.status === 'failed' || stored.status === 'superseded') return true;
  return stored.image?.id !== id && stored.status !== 'received';
}
