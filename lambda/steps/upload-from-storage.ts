import type { ImageEndpoint, ObjectPlace, RegisterJob, RegisterRoute } from '../endpoints/endpoint.ts';
import { dropId } from '../model/drop.ts';
import { ImageDropError } from '../model/errors.ts';
import type { Image } from '../model/image.ts';
import type { DropRecord, RecordedImage } from '../model/record.ts';
import { type ProcessingRecord, recordOf, type UploadRecord } from '../model/record-by-status.ts';
import * as changes from '../model/record-changes.ts';
import { beginsWithinSeconds } from './import-image.ts';
import type { QueueStepDependencies, StepDependencies, StreamUploadDependencies } from './ports.ts';
import { stageImage } from './stage-image.ts';
import { finishUpload } from './under-lease.ts';
import { lookLater, replaceIfLost } from './unseen-image.ts';
import type { Work } from './work.ts';

/** Why there is no hash of the whole file. */
const STAGED = 'The file was copied into object storage part by part, and the md5 of each part was compared there.';
const NOT_STAGED = 'The service reads the dropped object directly.';

/** The result of an attempt to have the image read from object storage. */
interface Registered {
  readonly jobId?: string;
  /** Of a fast import that an earlier attempt has requested. */
  readonly image?: RecordedImage;
}

/**
 * Has the file staged, then read by the image service, and sends the record to record-status. While chunks are missing,
 * their messages continue with the record.
 */
export async function uploadFromStorage(
  work: Work<UploadRecord>,
  endpoint: ImageEndpoint,
  deps: StreamUploadDependencies,
): Promise<void> {
  const { record } = work;
  const image = record.image && (await endpoint.get(record.image.id));
  if (waitsForData(record, image)) {
    const object = await stageImage(work, deps);
    if (object === undefined) return;
    const registered = await registerImage(work, object, endpoint, deps);
    return registered && finish(work, registered, deps);
  }
  if (image === undefined || image.status === 'killed') return replaceIfLost(work, image, deps);
  // An earlier attempt had it read; record-status finds out the result.
  await finish(work, {}, deps);
}

function waitsForData({ plan, image: recorded }: UploadRecord, image: Image | undefined): boolean {
  return plan.route === 'fast-import' && recorded === undefined ? true : image?.status === 'queued';
}

function finish(work: Work<UploadRecord>, { jobId, image }: Registered, deps: StepDependencies): Promise<void> {
  return finishUpload(work, deps, ({ staging, register = { askedAt: deps.now().toISOString() } }) => ({
    unread: staging === undefined ? NOT_STAGED : STAGED,
    register: { ...register, ...(jobId !== undefined && { jobId }) },
    ...(image !== undefined && { image }),
  }));
}

/**
 * Seconds until a fast import whose answer was lost is requested again, if its image does not appear before: the service
 * creates the image when it begins the job, and a second request would create a second image.
 */
const SHOWS_WITHIN_SECONDS = 300;

/** Seconds until another look for it. */
const LOOK_AGAIN_SECONDS = 30;

/**
 * Has the image service read the file. The record notes the request before it is sent.
 * @returns undefined when the drop was put off until the image of an earlier request appears
 */
async function registerImage(
  work: Work<UploadRecord>,
  object: ObjectPlace,
  endpoint: ImageEndpoint,
  deps: QueueStepDependencies,
): Promise<Registered | undefined> {
  const registers = registersOf(endpoint, work.record);
  if (work.record.plan.route === 'fast-import') return fastImport(work, object, registers, deps);
  const { imageId } = work;
  await noteAsked(work, deps);
  const jobId = await registers.begin(imageId, object);
  return jobId === undefined ? {} : { jobId };
}

/** The service creates the image itself: an image that an earlier attempt has requested has our mark. */
async function fastImport(
  work: Work<UploadRecord>,
  object: ObjectPlace,
  registers: RegisterRoute,
  deps: QueueStepDependencies,
): Promise<Registered | undefined> {
  const { sent, register, target } = work.record;
  const [image] = await registers.madeFor(sent.id);
  if (image !== undefined) return { image: { id: image.id } };
  if (register !== undefined && secondsSince(register.askedAt, deps.now()) < SHOWS_WITHIN_SECONDS) {
    const message = `${target} was asked at ${register.askedAt} to make the image, and its answer was lost; the image does not appear yet.`;
    const error = new ImageDropError('upload-interrupted', message, { retryAfterSeconds: LOOK_AGAIN_SECONDS });
    await lookLater(work, error, deps);
    return undefined;
  }
  await noteAsked(work, deps);
  return { jobId: await registers.fastImport(sent, object) };
}

const secondsSince = (time: string, now: Date): number => (now.getTime() - Date.parse(time)) / 1000;

async function noteAsked(work: Work, deps: StepDependencies): Promise<void> {
  const register = { askedAt: deps.now().toISOString() };
  await work.change((stored) => ({ ...changes.beginUpload(stored, deps.now()), register }));
}

function registersOf(endpoint: ImageEndpoint, record: DropRecord): RegisterRoute {
  if (endpoint.registers !== undefined) return endpoint.registers;
  const message = `${record.target} is of a kind (${endpoint.kind}) that reads nothing from object storage.`;
  throw new ImageDropError('route-not-offered', message);
}

/** The pause before the first retry of a failed job; each further one is four times as long. */
const FIRST_PAUSE_SECONDS = 30;

interface Registration {
  /** With the record as it is now. */
  readonly work: Work<ProcessingRecord>;
  /** Why the job failed; if the error is temporary, with the pause before the next attempt. */
  readonly failure?: ImageDropError;
}

/**
 * Makes sure that a service that read the dropped object directly has read this version: it gets only bucket and key, and
 * reads what the key holds when its job begins. A staged copy has a key that only this record uses.
 * @throws `object-changed` when the key holds another version now, or none
 */
export async function requireReadDrop(
  { register, staging, drop, target }: DropRecord,
  deps: StepDependencies,
): Promise<void> {
  if (register === undefined || staging !== undefined) return;
  const newest = await deps.objects.head(drop.bucket, drop.key);
  if (newest !== undefined && dropId(newest) === drop.id) return;
  const change = newest === undefined ? 'deleted' : `replaced by version ${dropId(newest)}`;
  const message = `s3://${drop.bucket}/${drop.key} was ${change} while ${target} read it directly, so it is unknown which version the image has.`;
  throw new ImageDropError('object-changed', message, {
    nextStep:
      'A newer version has its own record. Otherwise drop the file again, and keep it until the image is active.',
  });
}

/** Asks the service about its job, and notes the progress; for a fast import, also which image the job makes. */
export async function lookAtJob(
  work: Work<ProcessingRecord>,
  image: Image | undefined,
  endpoint: ImageEndpoint,
  deps: StepDependencies,
): Promise<Registration> {
  const { jobId } = work.record.register ?? {};
  const job = jobId === undefined ? undefined : await endpoint.registers?.job(jobId);
  if (job?.failure !== undefined) return { work, failure: paced(work.record, job.failure) };
  if (job !== undefined) return { work: await noteJob(work, job) };
  const failure = image?.status === 'queued' ? jobMissing(work, deps.now()) : undefined;
  return failure === undefined ? { work } : { work, failure };
}

async function noteJob(
  work: Work<ProcessingRecord>,
  { percent, imageId }: RegisterJob,
): Promise<Work<ProcessingRecord>> {
  const { record } = work;
  const id = record.image?.id ?? imageId;
  if (percent === record.register?.percent && id === record.image?.id) return work;
  const changed = await work.updateIfUndecided((stored) => ({
    ...stored,
    ...(stored.register && { register: { ...stored.register, ...(percent !== undefined && { percent }) } }),
    ...(id !== undefined && { image: { id } }),
  }));
  return changed?.status === 'processing' ? work.with(recordOf(changed, ['processing'])) : work;
}

/** An image that waits for its data although the service names no job: a job waits for its turn as a job. */
function jobMissing({ record, target }: Work, now: Date): ImageDropError | undefined {
  const waitedSeconds = record.register === undefined ? Infinity : secondsSince(record.register.askedAt, now);
  if (waitedSeconds < beginsWithinSeconds(target)) return undefined;
  const message = `Image ${record.image?.id} waits for its data ${Math.round(waitedSeconds)} s after ${record.target} was asked to read it, and no job says why.`;
  return paced(record, new ImageDropError('import-failed', message));
}

function paced(record: DropRecord, error: ImageDropError): ImageDropError {
  if (!error.retryable) return error;
  const retryAfterSeconds = FIRST_PAUSE_SECONDS * 4 ** (record.generation - 1);
  return new ImageDropError(error.code, error.message, { cause: error.cause, retryAfterSeconds });
}
