import type { ImageEndpoint } from '../endpoints/endpoint.ts';
import { pollDelaySeconds } from '../model/backoff.ts';
import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { HashAlgorithm, Image } from '../model/image.ts';
import { isReleased } from '../model/new-image.ts';
import type { DropRecord, Verification } from '../model/record.ts';
import { type ProcessingRecord, recordOf } from '../model/record-by-status.ts';
import * as changes from '../model/record-changes.ts';
import { announce } from './announce.ts';
import { compareWithCloud } from './dropped-checksum.ts';
import { beginAgain, failDrop, removeSecondImage } from './give-up-image.ts';
import { importFailure } from './import-image.ts';
import {
  type Invocation,
  MAX_DELAY_SECONDS,
  type QueueStepDependencies,
  type RecordMessage,
  type RecordStatusDependencies,
} from './ports.ts';
import { askForRetry, existingRecord, isRedriven, recordNamedIn, roundNamedIn } from './record-message.ts';
import { ASK_AGAIN_SECONDS, isLost, noteSeen } from './unseen-image.ts';
import { lookAtJob, requireReadDrop } from './upload-from-storage.ts';
import { verify } from './verify.ts';
import { hasWaitedTooLong, isPutOff, LONGEST_WAIT_SECONDS, pauseTarget } from './waiting-for-target.ts';
import { Work } from './work.ts';

type Dependencies = RecordStatusDependencies & QueueStepDependencies;

/**
 * Asks whether the uploaded image has become active, compares what the endpoint holds with what was read, settles the
 * record and announces the outcome. It waits by sending the message to itself with a delay.
 */
export async function recordStatus(
  message: unknown,
  invocation: Invocation,
  dependencies: RecordStatusDependencies,
): Promise<void> {
  const deps = { ...dependencies, ownQueue: dependencies.statusQueue };
  const key = recordNamedIn(message);
  const record = await existingRecord(key, deps.records);
  const work = new Work(key, record, invocation, deps);
  switch (record.status) {
    case 'received':
      return deps.ingestQueue.send(work.message);
    case 'unpacking':
    case 'created':
    case 'uploading':
      // A late message: the step before has a message of its own.
      return;
    case 'processing':
      if (isOvertaken(message, record)) return;
      if (await isPutOff(work, deps, lookAgain(work))) return;
      return check(work, deps);
    default:
      if (isRedriven(record, invocation)) return deps.ingestQueue.send(askForRetry(work));
      return announce(work, deps);
  }
}

const lookAgain = ({ key, record }: Work): RecordMessage => ({ record: key, round: record.rounds ?? 0 });

/** reconcile considered this message lost and has sent another: two would ask twice as often, without end. */
function isOvertaken(message: unknown, { rounds = 0 }: DropRecord): boolean {
  const round = roundNamedIn(message);
  return round !== undefined && round < rounds;
}

/** An image that holds what was read from the bucket. */
interface Verified {
  readonly work: Work<ProcessingRecord>;
  readonly image: Image;
  readonly verification: Verification;
}

async function check(work: Work, deps: Dependencies): Promise<void> {
  const verified = await unlessEnded(work, () => verifiedIfActive(work, deps), deps);
  const settled = verified && (await unlessEnded(verified.work, () => activate(verified, deps), deps));
  // Its errors are not caught above: a settled record needs its announcement, however long that takes.
  if (settled?.status === 'active') await announce(work.with(settled), deps);
}

/** After a temporary error another message looks at the image; any other error fails the drop. */
async function unlessEnded<T>(
  work: Work,
  look: () => Promise<T | undefined>,
  deps: Dependencies,
): Promise<T | undefined> {
  try {
    return await look();
  } catch (thrown) {
    const error = asImageDropError(thrown);
    // A look that could not ask says nothing against the image.
    await (error.retryable ? wait(work, error, deps, LONGEST_WAIT_SECONDS) : failDrop(work, error, deps));
    return undefined;
  }
}

/** In which an image counts as lost once they have lasted (unseen-image.ts). */
const MAYBE_LOST: readonly Image['status'][] = ['queued', 'killed'];

/** @returns the image when it has become active and agrees; undefined when another message continues with it */
async function verifiedIfActive(unchecked: Work, deps: Dependencies): Promise<Verified | undefined> {
  const work = unchecked.with(recordOf(unchecked.record, ['processing']));
  const { record } = work;
  const endpoint = await work.endpoint();
  const image = record.image && (await endpoint.get(record.image.id));
  await deps.pauses.end(record.target, 'status');
  if (image !== undefined && !MAYBE_LOST.includes(image.status)) await noteSeen(work);
  const isActive = image?.status === 'active' || image?.status === 'deactivated';
  if (isActive) return compare(work, image, deps);
  await waitOrBeginAgain(work, image, endpoint, deps);
  return undefined;
}

async function waitOrBeginAgain(
  work: Work<ProcessingRecord>,
  image: Image | undefined,
  endpoint: ImageEndpoint,
  deps: Dependencies,
): Promise<void> {
  const { record } = work;
  if (record.register !== undefined) return checkJob(work, image, endpoint, deps);
  switch (image?.status) {
    case 'saving':
    case 'importing':
    case 'uploading':
      return wait(work, stillWaiting(image), deps);
    case 'queued': {
      if (record.import === undefined) return beginAgainIfLost(work, image, deps);
      // A failed import leaves its image as it was before.
      const failure = await importFailure(work.with({ ...record, import: record.import }), image, endpoint, deps.now());
      return failure === undefined ? wait(work, stillWaiting(image), deps) : beginAgain(work, failure, deps);
    }
    default:
      return beginAgainIfLost(work, image, deps);
  }
}

/** A server that lags may answer that the image is gone or empty: it is asked again before the image is replaced. */
async function beginAgainIfLost(work: Work, image: Image | undefined, deps: Dependencies): Promise<void> {
  const why = broken(work.record, image);
  if (await isLost(work, image, deps)) return beginAgain(work, why, deps);
  deps.log.info('asks again for the image', { record: work.key, why: why.message });
  await deps.statusQueue.send(lookAgain(work), ASK_AGAIN_SECONDS);
}

/** The job of the service says more than the image, which may not exist yet. */
async function checkJob(
  work: Work<ProcessingRecord>,
  image: Image | undefined,
  endpoint: ImageEndpoint,
  deps: Dependencies,
): Promise<void> {
  const { work: noted, failure } = await lookAtJob(work, image, endpoint, deps);
  if (failure?.retryable === false) throw failure;
  if (failure !== undefined) return beginAgain(noted, failure, deps);
  if (image?.status === 'killed' || (image === undefined && work.record.image !== undefined)) {
    return beginAgainIfLost(noted, image, deps);
  }
  return wait(noted, stillReading(noted.record), deps);
}

async function compare(work: Work<ProcessingRecord>, image: Image, deps: Dependencies): Promise<Verified | undefined> {
  await requireReadDrop(work.record, deps);
  const { verification, mismatch, unread } = verify(work.record, image);
  if (verification !== undefined) {
    await compareWithCloud(work, image);
    return noteVerified({ work, image, verification });
  }
  await (mismatch === undefined ? readAgain(work, unread, deps) : beginAgain(work, mismatch, deps));
  return undefined;
}

async function activate({ work, image, verification }: Verified, deps: Dependencies): Promise<DropRecord | undefined> {
  await releaseImage(work, image);
  const unshared = await shareImage(work, image, deps);
  await removeSecondImage(work, deps);
  return work.updateIfUndecided((stored) => ({
    ...changes.moveTo(stored, 'active', deps.now()),
    ...jobComplete(stored),
    verification,
    ...(unshared !== undefined && { unshared }),
  }));
}

/** The image shows that its job is complete, sooner than the job was asked. */
const jobComplete = ({ register }: DropRecord) => register && { register: { ...register, percent: 100 } };

/** The endpoint reports a hash that was not computed: its operator has changed the algorithm. */
async function readAgain(work: Work, algorithm: HashAlgorithm, deps: Dependencies): Promise<void> {
  await work.updateIfUndecided((stored) =>
    changes.moveTo(stored, 'uploading', deps.now(), `to be read again for its ${algorithm}`),
  );
  await deps.ingestQueue.send(work.message);
}

/**
 * Waiting costs nothing: the message comes back after a delay that grows with the time that has passed.
 * @param leastSeconds the drop does not fail before
 */
async function wait(work: Work, why: ImageDropError, deps: Dependencies, leastSeconds = 0): Promise<void> {
  const { key, record } = work;
  // An endpoint that does not answer says nothing against the image.
  if (why.wholeTarget && !hasWaitedTooLong(record, deps.now())) return pauseTarget(work, why, deps, lookAgain(work));
  const withinSeconds = Math.max(work.target.activeWithinSeconds, leastSeconds);
  const elapsedSeconds = secondsInStatus(work, deps);
  if (elapsedSeconds > withinSeconds) return failDrop(work, neverActive(withinSeconds, why), deps);
  deps.log.info('waits for the image', { record: key, why: why.message });
  const delaySeconds = Math.max(pollDelaySeconds(elapsedSeconds), Math.ceil(why.retryAfterSeconds ?? 0));
  await deps.statusQueue.send(lookAgain(work), Math.min(delaySeconds, MAX_DELAY_SECONDS));
}

function stillWaiting(image: Image): ImageDropError {
  return new ImageDropError('endpoint-busy', `Image ${image.id} is in status ${image.status}.`);
}

function stillReading({ register, target }: DropRecord): ImageDropError {
  const { jobId = 'unknown', percent } = register ?? {};
  const far = percent === undefined ? 'under way' : `at ${percent} %`;
  return new ImageDropError('endpoint-busy', `The job ${jobId}, by which ${target} reads the image, is ${far}.`);
}

function neverActive(seconds: number, why: ImageDropError): ImageDropError {
  return new ImageDropError('never-active', `The image was not active ${seconds} s after its upload: ${why.message}`, {
    cause: why,
  });
}

function broken(record: DropRecord, image: Image | undefined): ImageDropError {
  if (image?.status === 'killed') {
    return new ImageDropError('image-killed', `The endpoint rejected image ${image.id}.`);
  }
  const state = image === undefined ? 'gone' : `back in status ${image.status}`;
  return new ImageDropError('image-lost', `Image ${record.image?.id} is ${state} after its upload.`);
}

/**
 * Notes in the record that its image is verified, before the image is released: from then on no other message can give
 * up the image by what it saw before, and after a crash the next message releases it.
 * @returns undefined when the record is about another image by now
 */
async function noteVerified(verified: Verified): Promise<Verified | undefined> {
  const { work, image, verification } = verified;
  if (isReleased(work.record.sent)) return verified;
  const isThisImage = (one: DropRecord | undefined) => one?.status === 'processing' && one.image?.id === image.id;
  const noted = await work.update((stored) =>
    isThisImage(stored) && stored.verification === undefined ? { ...stored, verification } : undefined,
  );
  if (noted === undefined || !isThisImage(noted)) return undefined;
  return { ...verified, work: work.with(recordOf(noted, ['processing'])) };
}

/**
 * Gives a verified image the requested visibility and protection. An image is created private and unprotected: others
 * must not see it before it is verified, and its deletion must be possible until then.
 * @throws `forbidden` when the cloud does not permit it
 */
async function releaseImage(work: Work<ProcessingRecord>, image: Image): Promise<void> {
  const { sent } = work.record;
  if (isReleased(sent)) return;
  const endpoint = await work.endpoint();
  try {
    await endpoint.release(image.id, sent);
  } catch (error) {
    throw error instanceof ImageDropError && error.code === 'forbidden' ? withOrigin(error, work.record) : error;
  }
}

/**
 * Shares a released image, which is otherwise complete. A refusal does not fail the drop, nor does a cloud that stays
 * unavailable for `activeWithinSeconds`.
 * @returns why it is not shared with all projects
 * @throws what may pass
 */
async function shareImage(work: Work<ProcessingRecord>, image: Image, deps: Dependencies): Promise<string | undefined> {
  const endpoint = await work.endpoint();
  const isLate = secondsInStatus(work, deps) > work.target.activeWithinSeconds;
  const refusals: string[] = [];
  for (const project of work.record.sent.sharedWith ?? []) {
    try {
      await endpoint.share(image.id, project);
    } catch (thrown) {
      const error = asImageDropError(thrown);
      if (error.retryable && !isLate) throw error;
      deps.log.warn('an image is not shared', { record: work.key, project, error });
      refusals.push(error.message);
    }
  }
  return refusals.length === 0 ? undefined : refusals.join(' ');
}

const secondsInStatus = ({ record }: Work, deps: Dependencies): number =>
  (deps.now().getTime() - changes.statusSince(record).getTime()) / 1000;

function withOrigin(error: ImageDropError, { sent, metadata, target }: ProcessingRecord): ImageDropError {
  const origin = metadata?.origins[sent.sharedWith === undefined ? 'visibility' : 'sharedWith'] ?? 'default';
  const message = `${error.message} The image is verified, but ${target} does not let us release it: visibility is ${sent.visibility} (${origin}) and protected is ${sent.protected}.`;
  return new ImageDropError('forbidden', message, {
    cause: error.cause,
    nextStep: `Give the user of clouds.yaml the permission to publish images, or correct the value in ${origin}; then run \`imagedrop retry\` for the image or drop it again.`,
  });
}
