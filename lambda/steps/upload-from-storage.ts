import type { ImageEndpoint, ObjectPlace, RegisterJob, RegisterRoute } from '../endpoints/endpoint.ts';
import { dropId } from '../model/drop.ts';
import { ImageDropError } from '../model/errors.ts';
import type { Image, Route } from '../model/image.ts';
import type { DropRecord, RecordedImage } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { type BeginAgainDependencies, beginAgain, type FailDependencies } from './give-up-image.ts';
import type { Invocation, MessageQueue, StepDependencies } from './ports.ts';
import { type StagingDependencies, stageImage } from './stage-image.ts';
import { askAgain, isLost, lookLater, lostImage } from './unseen-image.ts';

export type StorageDependencies = FailDependencies &
  BeginAgainDependencies &
  StagingDependencies &
  RegisterDependencies;

/** Why there is no hash of the whole file. */
const STAGED = 'The file was copied into object storage part by part, and the md5 of each part was compared there.';
const NOT_STAGED = 'The service reads the dropped object where it lies.';

/** The routes by which the service reads the file from object storage. */
export const isFromStorage = (route: Route | undefined): boolean => route === 'register' || route === 'fast-import';

/**
 * Has the file staged, then read by the image service, and hands the record on to record-status. While chunks are
 * missing it leaves the record to them.
 */
export async function uploadFromStorage(
  key: string,
  record: DropRecord,
  endpoint: ImageEndpoint,
  invocation: Invocation,
  deps: StorageDependencies,
): Promise<void> {
  const image = record.image && (await endpoint.get(record.image.id));
  if (waitsForData(record, image)) {
    const object = await stageImage(key, record, invocation, deps);
    if (object === undefined) return;
    const registered = await registerImage(key, record, object, endpoint, invocation, deps);
    return registered && pass(key, invocation, registered, deps);
  }
  if (image === undefined || image.status === 'killed') {
    const lost = lostImage(record, image);
    if (!(await isLost(key, record, image, deps))) return lookLater(key, record, askAgain(lost), deps);
    return beginAgain(key, record, lost, deps);
  }
  // An attempt before had it read; what became of that, record-status finds out.
  await pass(key, invocation, {}, deps);
}

function waitsForData({ plan, image: recorded }: DropRecord, image: Image | undefined): boolean {
  return plan?.route === 'fast-import' && recorded === undefined ? true : image?.status === 'queued';
}

async function pass(
  key: string,
  invocation: Invocation,
  { jobId, image }: Registered,
  deps: StorageDependencies,
): Promise<void> {
  await deps.records.change(key, (stored) => {
    changes.requireLease(stored, invocation.id);
    const asked = stored.register ?? { askedAt: deps.now().toISOString() };
    return {
      ...changes.moveTo(stored, 'processing', deps.now()),
      unread: stored.staging === undefined ? NOT_STAGED : STAGED,
      register: { ...asked, ...(jobId !== undefined && { jobId }) },
      ...(image !== undefined && { image }),
    };
  });
  await deps.statusQueue.send({ record: key });
}

export interface RegisterDependencies extends StepDependencies {
  readonly ownQueue: MessageQueue;
}

/** What an attempt to have the image read from object storage has come to. */
export interface Registered {
  readonly jobId?: string;
  /** Of a fast import that an attempt before has asked for. */
  readonly image?: RecordedImage;
}

/**
 * Seconds until a fast import whose answer was lost is asked for again, if its image does not show itself before: the
 * service makes the image when it takes the job up, and a second request would make a second image.
 */
const SHOWS_WITHIN_SECONDS = 300;

/** Seconds until another look for it. */
const LOOK_AGAIN_SECONDS = 30;

/**
 * Has the image service read the file, and remembers before that it was asked.
 * @returns undefined when the drop was put off until the image of an earlier request shows itself
 */
export async function registerImage(
  key: string,
  record: DropRecord,
  object: ObjectPlace,
  endpoint: ImageEndpoint,
  invocation: Invocation,
  deps: RegisterDependencies,
): Promise<Registered | undefined> {
  const registers = registersOf(endpoint, record);
  if (record.plan?.route === 'fast-import') return fastImport(key, record, object, registers, invocation, deps);
  await noteAsked(key, invocation, deps);
  const jobId = await registers.begin(record.image?.id ?? '', object);
  return jobId === undefined ? {} : { jobId };
}

/** There is no image to look at before the service makes it: one that an attempt before has asked for bears our mark. */
async function fastImport(
  key: string,
  record: DropRecord,
  object: ObjectPlace,
  registers: RegisterRoute,
  invocation: Invocation,
  deps: RegisterDependencies,
): Promise<Registered | undefined> {
  if (record.sent === undefined) throw new ImageDropError('bad-record', `The record ${key} does not say what to send.`);
  const [image] = await registers.madeFor(record.sent.id);
  if (image !== undefined) return { image: { id: image.id } };
  const askedSeconds = (deps.now().getTime() - Date.parse(record.register?.askedAt ?? '')) / 1000;
  if (askedSeconds < SHOWS_WITHIN_SECONDS) {
    await lookLater(key, record, notShown(record), deps);
    return undefined;
  }
  await noteAsked(key, invocation, deps);
  return { jobId: await registers.fastImport(record.sent, object) };
}

async function noteAsked(key: string, invocation: Invocation, deps: StepDependencies): Promise<void> {
  await deps.records.change(key, (stored) => {
    changes.requireLease(stored, invocation.id);
    return { ...changes.beginUpload(stored, deps.now()), register: { askedAt: deps.now().toISOString() } };
  });
}

function notShown(record: DropRecord): ImageDropError {
  const message = `${record.target} was asked at ${record.register?.askedAt} to make the image, and its answer was lost; the image does not show itself yet.`;
  return new ImageDropError('upload-interrupted', message, { retryAfterSeconds: LOOK_AGAIN_SECONDS });
}

function registersOf(endpoint: ImageEndpoint, record: DropRecord): RegisterRoute {
  if (endpoint.registers !== undefined) return endpoint.registers;
  const message = `${record.target} is of a kind (${endpoint.kind}) that reads nothing from object storage.`;
  throw new ImageDropError('route-not-offered', message);
}

/**
 * How long an image may wait for its data although the service was asked to read it and names no job: a job waits for
 * its turn as a job.
 */
const BEGINS_WITHIN_SECONDS = 300;

/** The first pause before a failed job is tried once more; each further one is four times as long. */
const FIRST_PAUSE_SECONDS = 30;

export interface Registration {
  /** What the record says now. */
  readonly record: DropRecord;
  /** Why it came to nothing; where it may pass, with the pause before the next try. */
  readonly failure?: ImageDropError;
}

/**
 * Makes sure that a service that has read the drop where it lies has read this version: it is told bucket and key only,
 * and reads whatever the key holds when its job begins. A copy of ours has a key that nobody else writes.
 * @throws `object-changed` where the key holds another version by now, or none
 */
export async function requireReadDrop(
  { register, staging, drop, target }: DropRecord,
  deps: StepDependencies,
): Promise<void> {
  if (register === undefined || staging !== undefined) return;
  const newest = await deps.objects.head(drop.bucket, drop.key);
  if (newest !== undefined && dropId(newest) === drop.id) return;
  const change = newest === undefined ? 'deleted' : `replaced by version ${dropId(newest)}`;
  const message = `s3://${drop.bucket}/${drop.key} was ${change} while ${target} read it where it lies, so it is unknown which version the image has.`;
  throw new ImageDropError('object-changed', message, {
    nextStep:
      'A newer version has its own record. Otherwise drop the file again, and keep it until the image is active.',
  });
}

/** What the service says of its job, noted in the record: how far it is, and by a fast import which image it makes. */
export async function lookAtJob(
  key: string,
  record: DropRecord,
  image: Image | undefined,
  endpoint: ImageEndpoint,
  deps: StepDependencies,
): Promise<Registration> {
  const { jobId } = record.register ?? {};
  const job = jobId === undefined ? undefined : await endpoint.registers?.job(jobId);
  if (job?.failure !== undefined) return { record, failure: paced(record, job.failure) };
  const noted = job === undefined ? record : await note(key, record, job, deps);
  const failure = job === undefined && image?.status === 'queued' ? silence(record, deps.now()) : undefined;
  return failure === undefined ? { record: noted } : { record: noted, failure };
}

async function note(key: string, record: DropRecord, job: RegisterJob, deps: StepDependencies): Promise<DropRecord> {
  const { percent } = job;
  const imageId = record.image?.id ?? job.imageId;
  if (percent === record.register?.percent && imageId === record.image?.id) return record;
  const changed = await deps.records.change(key, (stored) => {
    if (stored === undefined || !changes.isUndecided(record, stored, deps.now())) return undefined;
    const register = stored.register && { ...stored.register, ...(percent !== undefined && { percent }) };
    return {
      ...stored,
      ...(register !== undefined && { register }),
      ...(imageId !== undefined && { image: { id: imageId } }),
    };
  });
  return changed ?? record;
}

function silence(record: DropRecord, now: Date): ImageDropError | undefined {
  const waitedSeconds = (now.getTime() - Date.parse(record.register?.askedAt ?? '')) / 1000;
  if (waitedSeconds < BEGINS_WITHIN_SECONDS) return undefined;
  const message = `Image ${record.image?.id} waits for its data ${Math.round(waitedSeconds)} s after ${record.target} was asked to read it, and no job says why.`;
  return paced(record, new ImageDropError('import-failed', message));
}

function paced(record: DropRecord, error: ImageDropError): ImageDropError {
  if (!error.retryable) return error;
  const retryAfterSeconds = FIRST_PAUSE_SECONDS * 4 ** (record.generation - 1);
  return new ImageDropError(error.code, error.message, { cause: error.cause, retryAfterSeconds });
}
