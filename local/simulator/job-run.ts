import type { ImageContext } from './flavour.ts';
import { Fault } from './http.ts';
import { type StoredImage, WITHOUT_DATA } from './image.ts';
import { flawOf } from './ims-creation.ts';
import type { ImsSettings } from './ims-settings.ts';
import { refusal } from './ims-settings.ts';
import type { JobOutcome, StoredJob } from './job.ts';
import { copyObject } from './object-copy.ts';
import type { ObsClient } from './obs-client.ts';
import type { PlannedFaults } from './planned-faults.ts';

export interface JobWork {
  readonly context: ImageContext;
  readonly settings: ImsSettings;
  readonly obs: ObsClient | undefined;
  readonly faults: PlannedFaults;
  readonly signal: AbortSignal;
  readonly onProgress: (readShare: number) => void;
}

/**
 * Does the work of a job and settles what becomes of its image, `active` or `killed`, when the time of the job is over.
 * Work that an earlier run has begun is done again from the beginning.
 * @throws the signal's reason when it was aborted; the image then stays `saving`
 */
export async function runJob(job: StoredJob, work: JobWork): Promise<JobOutcome> {
  const { store } = work.context;
  if (job.newImage !== undefined) await store.add(emptyImage(job, job.newImage));
  try {
    const becomes = await madeImage(job, work);
    const at = endOf(job, work);
    if ((await store.change(job.imageId, 'saving', { completion: { at, becomes } })) !== undefined) return { at };
    throw refusal('IMG.0027', 'The image was deleted while the job was under way.');
  } catch (thrown) {
    work.signal.throwIfAborted();
    const at = endOf(job, work);
    await store.change(job.imageId, 'saving', { completion: { at, becomes: { status: 'killed' } } });
    await store.removeData(job.imageId);
    return { at, fault: described(thrown) };
  }
}

/** When the time of the job is over: not before it has lasted as long as it takes at least. */
function endOf({ beganAt }: StoredJob, { settings, context }: JobWork): string {
  const earliest = new Date(beganAt).getTime() + settings.jobDurationMs;
  return new Date(Math.max(earliest, context.clock().getTime())).toISOString();
}

function emptyImage({ imageId, owner, beganAt }: StoredJob, image: NonNullable<StoredJob['newImage']>): StoredImage {
  return { ...image, ...WITHOUT_DATA, id: imageId, status: 'saving', owner, createdAt: beganAt, updatedAt: beganAt };
}

async function madeImage({ source, imageId }: StoredJob, work: JobWork): Promise<Partial<StoredImage>> {
  const { context, settings, obs, signal, onProgress } = work;
  work.faults.meetKind('run-job');
  if (obs === undefined) throw refusal('IMG.0057', 'The simulator was started again without object storage.');
  const path = context.store.dataPath(imageId);
  const { wholeReadBytes, checksum } = settings;
  const md5 = await copyObject({ obs, source, path, wholeReadBytes, checksum, signal, onProgress });
  const flaw = await flawOf(path, settings.diskFormats);
  if (flaw !== undefined) throw refusal(flaw.code, flaw.message);
  return { status: 'active', size: source.size, checksum: md5 };
}

function described(thrown: unknown): NonNullable<JobOutcome['fault']> {
  if (thrown instanceof Fault) return { code: thrown.code ?? 'IMG.0061', reason: thrown.message };
  return { code: 'IMG.0061', reason: `Unknown system error: ${thrown}` };
}
