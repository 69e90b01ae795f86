import type { ImageEndpoint, RegisterJob } from '../endpoints/endpoint.ts';
import { dropId } from '../model/drop.ts';
import { ImageDropError } from '../model/errors.ts';
import type { Image } from '../model/image.ts';
import type { DropRecord } from '../model/record.ts';
import * as changes from '../model/record-changes.ts';
import { beginsWithinSeconds } from './import-failure.ts';
import type { StepDependencies } from './ports.ts';
import { targetOf } from './target-of.ts';

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
  const failure = job === undefined && image?.status === 'queued' ? silence(record, deps) : undefined;
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

/** An image that waits for its data although the service names no job: a job waits for its turn as a job. */
function silence(record: DropRecord, deps: StepDependencies): ImageDropError | undefined {
  const waitedSeconds = (deps.now().getTime() - Date.parse(record.register?.askedAt ?? '')) / 1000;
  if (waitedSeconds < beginsWithinSeconds(targetOf(record, deps.targets))) return undefined;
  const message = `Image ${record.image?.id} waits for its data ${Math.round(waitedSeconds)} s after ${record.target} was asked to read it, and no job says why.`;
  return paced(record, new ImageDropError('import-failed', message));
}

function paced(record: DropRecord, error: ImageDropError): ImageDropError {
  if (!error.retryable) return error;
  const retryAfterSeconds = FIRST_PAUSE_SECONDS * 4 ** (record.generation - 1);
  return new ImageDropError(error.code, error.message, { cause: error.cause, retryAfterSeconds });
}
