/**
 * Everything that destroys an image goes through this file, in three steps: the record gives the image up by
 * compare-and-swap and names it in `removing`; the image is deleted; the record strikes it out. After the first step
 * no invocation can settle or continue with that image, and any later message of the drop finishes the other two.
 */
import type { ImageEndpoint } from '../endpoints/endpoint.ts';
import { asImageDropError, type ErrorCode, ImageDropError } from '../model/errors.ts';
import { imageId } from '../model/new-image.ts';
import type { DropRecord, Removal } from '../model/record.ts';
import type { RecordDraft } from '../model/record-changes.ts';
import * as changes from '../model/record-changes.ts';
import { MAX_DELAY_SECONDS, type StepDependencies } from './ports.ts';
import type { RecordAtTarget, Work } from './work.ts';

/** A store that breaks five images in a row breaks the sixth as well. */
export const MAX_GENERATIONS = 5;

/** Faults that the copy in object storage may have caused. After any other, the next image is made of the same copy. */
const DOUBTED: readonly ErrorCode[] = ['size-mismatch', 'hash-mismatch'];

/**
 * Gives up a broken image and sends the record back to create-metadata, which deletes it before it creates the next.
 * @param work with the record that the verdict is about: one that has changed since is not touched
 * @param why what was wrong with the image, and how long to wait before the next one
 * @throws `why` as a permanent error after MAX_GENERATIONS images; `lease-held` when the lease was lost
 */
export async function beginAgain(work: Work, why: ImageDropError, deps: StepDependencies): Promise<void> {
  const { record } = work;
  const begun = imagesBegun(record);
  if (begun >= MAX_GENERATIONS) throw lastImageFailed(begun, why);
  const stored = await storeVerdict(work, deps, (present) => {
    const { staging } = present;
    const isDoubted = staging !== undefined && DOUBTED.includes(why.code);
    const again = changes.beginAgain(present, deps.now(), why.code);
    return isDoubted ? { ...again, staging: { ...staging, doubted: true } } : again;
  });
  if (stored?.status !== 'received' || stored.generation !== record.generation + 1) return;
  await removeNowIfPossible(work.key, () => removeGivenUp(work.with(stored)), deps);
  await deps.ingestQueue.send(work.message, Math.min(why.retryAfterSeconds ?? 0, MAX_DELAY_SECONDS));
}

/**
 * Settles the drop as failed and gives up its image.
 * @param work as for beginAgain
 * @throws `lease-held` when the lease was lost
 */
export async function failDrop(work: Work, error: ImageDropError, deps: StepDependencies): Promise<void> {
  const stored = await storeVerdict(work, deps, (record) => changes.fail(record, explained(error, record), deps.now()));
  if (stored?.status === 'failed') await finishSettled(work.with(stored), deps);
}

/** Codes of an image whose content the endpoint examined and refused. */
const REFUSED_BY_CONTENT: readonly ErrorCode[] = ['content-refused', 'image-killed', 'import-failed'];
const CONVERT = 'Convert it with `qemu-img convert -O qcow2 FILE NEW.qcow2` and drop the new file.';

/** Glance says only that its safety checks failed; inspection has predicted which. */
function explained(error: ImageDropError, { found }: RecordDraft): ImageDropError {
  const reason = found?.glanceRefusal;
  if (reason === undefined || !REFUSED_BY_CONTENT.includes(error.code)) return error;
  return new ImageDropError(error.code, `${error.message} ${reason}`, { cause: error.cause, nextStep: CONVERT });
}

/** Settles the drop as superseded by another version of its key, and gives up its image. */
export async function supersede(work: Work, by: string, deps: StepDependencies): Promise<void> {
  const stored = await storeVerdict(work, deps, (record) => changes.supersede(record, by, deps.now()));
  if (stored?.status === 'superseded') await finishSettled(work.with(stored), deps);
}

async function finishSettled(work: Work, deps: StepDependencies): Promise<void> {
  if (work.record.announcedAt !== undefined) return;
  await removeNowIfPossible(work.key, () => removeBeforeOutcome(work, () => false, deps), deps);
  await deps.statusQueue.send(work.message);
}

/** When this fails, the next step of the record removes the image before it continues. */
async function removeNowIfPossible(key: string, remove: () => Promise<unknown>, deps: StepDependencies): Promise<void> {
  try {
    await remove();
  } catch (thrown) {
    deps.log.warn('an image is not deleted yet', { record: key, error: asImageDropError(thrown) });
  }
}

/** Stores a verdict on the record that was read, unless another invocation has changed it since. */
function storeVerdict(
  work: Work,
  deps: StepDependencies,
  verdict: (record: DropRecord) => RecordDraft,
): Promise<DropRecord | undefined> {
  const { record: read } = work;
  return work.update((stored) => {
    if (changes.isSettled(stored)) return undefined;
    if (read.lease !== undefined) changes.requireLease(stored, read.lease.holder);
    return changes.isUndecided(read, stored, deps.now()) ? verdict(stored) : undefined;
  });
}

/** Since the drop, or since it was last retried. */
const imagesBegun = ({ generation, retriedFrom = 1 }: RecordDraft): number => generation - retriedFrom + 1;

function lastImageFailed(begun: number, why: ImageDropError): ImageDropError {
  const message = `${why.message} This was image ${begun} of ${MAX_GENERATIONS} for this drop.`;
  return new ImageDropError(why.code, message, { cause: why.cause, retryable: false });
}

/**
 * Deletes the images that the record has given up, and strikes out each that is gone.
 * @throws what the target answers: the next message of the drop continues
 */
export async function removeGivenUp(
  work: RecordAtTarget,
  removals: readonly Removal[] = work.record.removing ?? [],
): Promise<void> {
  for (const removal of removals) {
    const endpoint = await work.endpoint();
    for (const id of await idsOf(removal, work.record, endpoint)) await endpoint.delete(id);
    await work.update((stored) => changed(stored, changes.withoutRemoval(stored, removal)));
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
  work: Work,
  isHopeless: (error: ImageDropError) => boolean,
  deps: StepDependencies,
): Promise<DropRecord> {
  const { key, record } = work;
  const open = (record.removing ?? []).filter(({ obstacle }) => obstacle === undefined);
  if (open.length === 0) return record;
  for (const removal of open) {
    try {
      await removeGivenUp(work, [removal]);
    } catch (thrown) {
      const error = asImageDropError(thrown);
      if (error.retryable && !isHopeless(error)) throw error;
      deps.log.warn('an image is left at the target', { record: key, ...removal, error });
      await work.update((stored) => changes.withObstacle(stored, removal, error));
    }
  }
  return (await deps.records.load(key)) ?? record;
}

/**
 * Removes an image that this invocation has created and cannot give to its record, because it stalled until another
 * invocation took the lease. An image that the other invocation may still find stays.
 * @param work with the record as this invocation had leased it
 * @param refusal why the record did not take the image; anything but `lease-held` leaves the image to the next attempt
 */
export async function removeForsaken(id: string, work: Work, refusal: unknown, deps: StepDependencies): Promise<void> {
  if (refusal instanceof ImageDropError && refusal.code === 'lease-held') await forsake([id], work, deps);
}

/**
 * Removes the images that a stalled invocation has created and could not remove before it died. Its message comes again
 * after the record has changed without it.
 */
export async function removeLeftBehind(work: Work, deps: StepDependencies): Promise<void> {
  const { record } = work;
  const endpoint = await work.endpoint();
  const isFastImport = record.plan?.route === 'fast-import';
  // Until its job names the image, it is unknown which of two is the record's: record-status removes the other one then.
  if (isFastImport && record.image === undefined && !changes.isSettled(record)) return;
  const mark = imageId(record.drop, record.target, record.generation);
  const created = isFastImport ? await endpoint.registers?.madeFor(mark) : await endpoint.createdFor(mark);
  await forsake(
    (created ?? []).map(({ id }) => id),
    work,
    deps,
  );
}

/** Removes the second image of a fast import that was requested twice, once the record knows its own. */
export async function removeSecondImage(work: Work, deps: StepDependencies): Promise<void> {
  if (work.record.plan?.route !== 'fast-import') return;
  await removeNowIfPossible(work.key, () => removeLeftBehind(work, deps), deps);
}

async function forsake(ids: readonly string[], work: Work, deps: StepDependencies): Promise<void> {
  const { generation } = work.record;
  const since = deps.now().toISOString();
  const removals = ids.map((id) => ({ generation, imageId: id, reason: 'forsaken', since }));
  const forsaken = (stored: DropRecord) => removals.filter((removal) => isForsaken(stored, removal));
  if (removals.length === 0) return;
  const stored = await work.update((record) =>
    forsaken(record).length === 0 ? undefined : forsaken(record).reduce<RecordDraft>(changes.withRemoval, record),
  );
  if (stored !== undefined) await removeGivenUp(work.with(stored), forsaken(stored));
}

/** No invocation can use the image any more: it is not the record's, and its generation no longer looks for one. */
export function isForsaken(stored: DropRecord, { generation, imageId: id }: Removal): boolean {
  if (stored.generation !== generation || stored.status === 'failed' || stored.status === 'superseded') return true;
  return stored.image?.id !== id && stored.status !== 'received';
}
