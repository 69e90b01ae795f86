import type { ImageEndpoint } from '../endpoints/endpoint.ts';
import { pollDelaySeconds } from '../model/backoff.ts';
import { asImageDropError, ImageDropError } from '../model/errors.ts';
import type { HashAlgorithm, Image } from '../model/image.ts';
import type { DropRecord } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { type AnnounceDependencies, announce } from './announce.ts';
import {
  type BeginAgainDependencies,
  beginAgain,
  type FailDependencies,
  failDrop,
  removeSecondImage,
} from './give-up-image.ts';
import { importFailure } from './import-failure.ts';
import { type Invocation, MAX_DELAY_SECONDS, type RecordMessage } from './ports.ts';
import { existingRecord, recordNamedIn, roundNamedIn } from './record-message.ts';
import { askForRetry, isRedriven } from './redriven.ts';
import { lookAtJob, requireReadDrop } from './registration.ts';
import { releaseImage } from './release-image.ts';
import { targetOf } from './target-of.ts';
import { ASK_AGAIN_SECONDS, isLost, noteSeen } from './unseen-image.ts';
import { verify } from './verify.ts';
import { hasWaitedTooLong, isPutOff, pauseTarget } from './waiting-for-target.ts';

export type RecordStatusDependencies = FailDependencies & BeginAgainDependencies & AnnounceDependencies;

/**
 * Asks whether the uploaded image has become active, compares what the endpoint holds with what was read, settles the
 * record and tells the world. It waits by sending the message to itself with a delay.
 */
export async function recordStatus(
  message: unknown,
  invocation: Pick<Invocation, 'sentAt' | 'receives'>,
  deps: RecordStatusDependencies,
): Promise<void> {
  const key = recordNamedIn(message);
  const record = await existingRecord(key, deps.records);
  switch (record.status) {
    case 'received':
      return deps.ingestQueue.send({ record: key });
    case 'created':
    case 'uploading':
      // A late message: the upload that goes on has a message of its own.
      return;
    case 'processing':
      if (isOvertaken(message, record)) return;
      if (await isPutOff(key, record, deps.statusQueue, deps, lookAgain(key, record))) return;
      return check(key, record, invocation, deps);
    default:
      if (isRedriven(record, invocation)) return deps.ingestQueue.send(askForRetry(key, record));
      return announce(key, record, invocation, deps);
  }
}

const lookAgain = (key: string, { rounds = 0 }: DropRecord): RecordMessage => ({ record: key, round: rounds });

/** reconcile took this message for lost and has sent another: two would ask twice as often, and for ever. */
function isOvertaken(message: unknown, { rounds = 0 }: DropRecord): boolean {
  const round = roundNamedIn(message);
  return round !== undefined && round < rounds;
}

async function check(
  key: string,
  record: DropRecord,
  invocation: Pick<Invocation, 'receives'>,
  deps: RecordStatusDependencies,
): Promise<void> {
  const settled = await settledOrWaiting(key, record, deps);
  // Outside of what is caught below: a record that is settled needs its announcement, however long that takes.
  if (settled?.status === 'active') await announce(key, settled, invocation, deps);
}

/** @returns the record when the image has become active and agrees; undefined when another message goes on with it */
async function settledOrWaiting(
  key: string,
  record: DropRecord,
  deps: RecordStatusDependencies,
): Promise<DropRecord | undefined> {
  try {
    const endpoint = await deps.endpoints.of(targetOf(record, deps.targets));
    const image = record.image && (await endpoint.get(record.image.id));
    await deps.pauses.end(record.target, 'status');
    if (image !== undefined && image.status !== 'queued') await noteSeen(key, record, deps);
    if (record.register !== undefined && image?.status !== 'active' && image?.status !== 'deactivated') {
      return await judgeRegistration(key, record, image, endpoint, deps);
    }
    if (image?.status === 'queued' && record.import !== undefined) {
      return await judgeImport(key, record, image, endpoint, deps);
    }
    return await judge(key, record, image, deps);
  } catch (thrown) {
    const error = asImageDropError(thrown);
    await (error.retryable ? wait(key, record, error, deps) : failDrop(key, record, error, deps));
    return undefined;
  }
}

async function judge(
  key: string,
  record: DropRecord,
  image: Image | undefined,
  deps: RecordStatusDependencies,
): Promise<DropRecord | undefined> {
  switch (image?.status) {
    case 'active':
    case 'deactivated':
      return settle(key, record, image, deps);
    case 'saving':
    case 'importing':
    case 'uploading':
      await wait(key, record, stillWaiting(image), deps);
      return undefined;
    default:
      await beginAgainIfLost(key, record, image, deps);
      return undefined;
  }
}

/** One answer that the image is gone or empty may come from a server that lags: it is asked again before. */
async function beginAgainIfLost(
  key: string,
  record: DropRecord,
  image: Image | undefined,
  deps: RecordStatusDependencies,
): Promise<void> {
  const why = broken(record, image);
  if (await isLost(key, record, image, deps)) return beginAgain(key, record, why, deps);
  deps.log.info('asks again for the image', { record: key, why: why.message });
  await deps.statusQueue.send(lookAgain(key, record), ASK_AGAIN_SECONDS);
}

/** An import that failed leaves its image as it was before. */
async function judgeImport(
  key: string,
  record: DropRecord,
  image: Image,
  endpoint: ImageEndpoint,
  deps: RecordStatusDependencies,
): Promise<undefined> {
  const failure = await importFailure(record, image, endpoint, deps);
  if (failure === undefined) await wait(key, record, stillWaiting(image), deps);
  else await beginAgain(key, record, failure, deps);
}

/** The job of the service tells more than the image, which may not be there yet. */
async function judgeRegistration(
  key: string,
  record: DropRecord,
  image: Image | undefined,
  endpoint: ImageEndpoint,
  deps: RecordStatusDependencies,
): Promise<undefined> {
  const { record: noted, failure } = await lookAtJob(key, record, image, endpoint, deps);
  if (failure?.retryable === false) throw failure;
  if (failure !== undefined) await beginAgain(key, noted, failure, deps);
  else if (image?.status === 'killed' || (image === undefined && record.image !== undefined)) {
    await beginAgainIfLost(key, noted, image, deps);
  } else await wait(key, noted, stillReading(noted), deps);
}

async function settle(
  key: string,
  record: DropRecord,
  image: Image,
  deps: RecordStatusDependencies,
): Promise<DropRecord | undefined> {
  await requireReadDrop(record, deps);
  const { verification, mismatch, unread } = verify(record, image);
  if (mismatch !== undefined) {
    await beginAgain(key, record, mismatch, deps);
    return undefined;
  }
  if (unread !== undefined) {
    await readAgain(key, record, unread, deps);
    return undefined;
  }
  if (!(await releaseImage(key, record, image, verification, deps))) return undefined;
  await removeSecondImage(key, record, deps);
  return deps.records.change(key, (stored) =>
    stored !== undefined && changes.isUndecided(record, stored, deps.now())
      ? { ...changes.moveTo(stored, 'active', deps.now()), ...wholly(stored), verification }
      : undefined,
  );
}

/** The image says that its job is done, sooner than the job was asked. */
const wholly = ({ register }: DropRecord) => register && { register: { ...register, percent: 100 } };

/** The endpoint reports a hash that was not computed: its operator has chosen another since it was last asked. */
async function readAgain(
  key: string,
  record: DropRecord,
  algorithm: HashAlgorithm,
  deps: RecordStatusDependencies,
): Promise<void> {
  await deps.records.change(key, (stored) =>
    stored !== undefined && changes.isUndecided(record, stored, deps.now())
      ? changes.moveTo(stored, 'uploading', deps.now(), `to be read again for its ${algorithm}`)
      : undefined,
  );
  await deps.ingestQueue.send({ record: key });
}

/** Waiting costs nothing: the message comes back after a delay that grows with the time it has taken so far. */
async function wait(
  key: string,
  record: DropRecord,
  why: ImageDropError,
  deps: RecordStatusDependencies,
): Promise<void> {
  // A target that tells nothing of the image says nothing against it either.
  if (why.wholeTarget && !hasWaitedTooLong(record, deps.now())) {
    return pauseTarget(key, record, why, deps.statusQueue, deps, lookAgain(key, record));
  }
  const { activeWithinSeconds } = targetOf(record, deps.targets);
  const elapsedSeconds = (deps.now().getTime() - changes.statusSince(record).getTime()) / 1000;
  if (elapsedSeconds > activeWithinSeconds) {
    return failDrop(key, record, neverActive(activeWithinSeconds, why), deps);
  }
  deps.log.info('waits for the image', { record: key, why: why.message });
  const delaySeconds = Math.max(pollDelaySeconds(elapsedSeconds), Math.ceil(why.retryAfterSeconds ?? 0));
  await deps.statusQueue.send(lookAgain(key, record), Math.min(delaySeconds, MAX_DELAY_SECONDS));
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
