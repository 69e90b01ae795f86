import { ImageDropError } from '../model/errors.ts';
import type { Image } from '../model/image.ts';
import type { DropRecord } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { beginAgain } from './give-up-image.ts';
import type { QueueStepDependencies, StepDependencies } from './ports.ts';
import type { Work } from './work.ts';

/**
 * How long an endpoint must keep answering that an image is gone or still empty before it counts as lost: one answer may
 * come from a database replica that lags, or from the cache of an API node. Load balancers usually take a replica that
 * lags for longer than a minute out of service.
 */
const UNSEEN_SECONDS = 60;

/** Seconds between two questions: three more before the image counts as lost. */
export const ASK_AGAIN_SECONDS = 20;

/**
 * Whether an image is lost that should hold data, or wait for it. `killed` is the service's own verdict. Any other answer
 * is noted in the record and must last for UNSEEN_SECONDS; so must `killed` where a job has still to say why.
 */
export async function isLost(work: Work, image: Image | undefined, deps: StepDependencies): Promise<boolean> {
  const { unseen, register } = work.record;
  if (image?.status === 'killed' && register === undefined) return true;
  if (unseen !== undefined) return deps.now().getTime() - Date.parse(unseen.since) >= UNSEEN_SECONDS * 1000;
  const first = { since: deps.now().toISOString(), as: image?.status ?? 'gone' };
  await work.updateIfUndecided((stored) => ({ ...stored, unseen: first }));
  return false;
}

/** Forgets that the endpoint did not show the image, now that it does. */
export async function noteSeen(work: Work): Promise<void> {
  if (work.record.unseen === undefined) return;
  await work.updateIfUndecided(({ unseen: _, ...rest }) => rest);
}

/** Begins again with another image when the one that waits for bytes is lost; until that is certain, looks again later. */
export async function replaceIfLost(work: Work, image: Image | undefined, deps: QueueStepDependencies): Promise<void> {
  const lost = lostImage(work.record, image);
  if (await isLost(work, image, deps)) return beginAgain(work, lost, deps);
  const message = `${lost.message} The endpoint is asked again before it counts as lost.`;
  const retryAfterSeconds = ASK_AGAIN_SECONDS;
  return lookLater(work, new ImageDropError(lost.code, message, { retryable: true, retryAfterSeconds }), deps);
}

function lostImage(record: DropRecord, image: Image | undefined): ImageDropError {
  const state = image === undefined ? 'gone' : `in status ${image.status}`;
  return new ImageDropError('image-lost', `Image ${record.image?.id} is ${state} before its upload was complete.`);
}

/**
 * Puts a drop off until another look at its image, by a new message. Only the time decides, so the attempt does not
 * count: earlier failures must not shorten the wait.
 */
export async function lookLater(work: Work, why: ImageDropError, deps: QueueStepDependencies): Promise<void> {
  await work.change((stored) => changes.endAttempt(changes.withoutAttempt(stored), why, deps.now()));
  await deps.ownQueue.send(work.message, why.retryAfterSeconds ?? ASK_AGAIN_SECONDS);
}
