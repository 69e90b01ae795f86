import { ImageDropError } from '../model/errors.ts';
import type { Image } from '../model/image.ts';
import type { DropRecord } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import type { MessageQueue, StepDependencies } from './ports.ts';

/**
 * How long an endpoint must keep answering that an image is gone or still empty before it counts as lost: one answer may
 * come from a replica of the database that lags, or from an API node that has cached it. Replicas that lag for longer
 * than a minute are taken out of service by every load balancer that looks after them.
 */
const UNSEEN_SECONDS = 60;

/** Seconds between two questions: three more before the image counts as lost. */
export const ASK_AGAIN_SECONDS = 20;

/**
 * Whether an image is lost that should hold data, or wait for it. `killed` is the service's own verdict; any other answer
 * is noted in the record and must last for UNSEEN_SECONDS.
 */
export async function isLost(
  key: string,
  record: DropRecord,
  image: Image | undefined,
  deps: StepDependencies,
): Promise<boolean> {
  if (image?.status === 'killed') return true;
  const { unseen } = record;
  if (unseen !== undefined) return deps.now().getTime() - Date.parse(unseen.since) >= UNSEEN_SECONDS * 1000;
  const first = { since: deps.now().toISOString(), as: image?.status ?? 'gone' };
  await deps.records.change(key, (stored) =>
    stored !== undefined && changes.isUndecided(record, stored, deps.now()) ? { ...stored, unseen: first } : undefined,
  );
  return false;
}

/** The image shows itself: what was noted before says nothing any more. */
export async function noteSeen(key: string, record: DropRecord, deps: StepDependencies): Promise<void> {
  if (record.unseen === undefined) return;
  await deps.records.change(key, (stored) => {
    if (stored === undefined || !changes.isUndecided(record, stored, deps.now())) return undefined;
    const { unseen: _, ...rest } = stored;
    return rest;
  });
}

/**
 * Puts a drop off until another look at its image, by a message of its own. Only the time decides, so that no attempt is
 * counted: attempts that failed before must not shorten it.
 */
export async function lookLater(
  key: string,
  record: DropRecord,
  why: ImageDropError,
  deps: StepDependencies & { readonly ownQueue: MessageQueue },
): Promise<void> {
  await deps.records.change(key, (stored) => {
    changes.requireLease(stored, record.lease?.holder);
    return changes.release(changes.withoutAttempt(stored), why, deps.now());
  });
  await deps.ownQueue.send({ record: key }, why.retryAfterSeconds ?? ASK_AGAIN_SECONDS);
}

/** The same verdict, as one that another question may overturn. */
export const askAgain = (verdict: ImageDropError): ImageDropError =>
  new ImageDropError(verdict.code, `${verdict.message} The endpoint is asked again before it counts as lost.`, {
    retryable: true,
    retryAfterSeconds: ASK_AGAIN_SECONDS,
  });

/** An image that can take no bytes any more. */
export function lostImage(record: DropRecord, image: Image | undefined): ImageDropError {
  const state = image === undefined ? 'gone' : `in status ${image.status}`;
  return new ImageDropError('image-lost', `Image ${record.image?.id} is ${state}, though its upload was not done.`);
}
