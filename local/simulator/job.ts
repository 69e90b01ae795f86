import type { JsonObject } from './http.ts';
import type { NewImage } from './image.ts';
import { JsonFolder } from './json-folder.ts';
import type { SourceObject } from './obs-client.ts';

/** "Querying the Status of an Asynchronous Job": registering, fast import of a system disk, and of a data disk. */
export type JobType = 'imsNativeImportImageJob' | 'imsImportImageJob' | 'imsImportDataImageJob';

/** What the service holds of one job; one JSON file of the store. */
export interface StoredJob {
  readonly id: string;
  readonly type: JobType;
  /** Project id. */
  readonly owner: string;
  readonly imageId: string;
  readonly imageName: string | null;
  readonly source: SourceObject;
  /** The image that the job makes itself. */
  readonly newImage?: NewImage;
  /** ISO 8601. */
  readonly beganAt: string;
  /** Whether its first bytes have been read. */
  readonly started: boolean;
  /** How it ends, and when, by the simulator's clock. */
  readonly outcome?: JobOutcome;
}

export interface JobOutcome {
  readonly at: string;
  /** Absent when all went well. */
  readonly fault?: { readonly code: string; readonly reason: string };
}

export interface JobProgress {
  readonly now: Date;
  /** What it takes at least. */
  readonly durationMs: number;
  /** The share that has been read, from 0 to 1. */
  readonly readShare: number;
}

export function isOver({ outcome }: StoredJob, now: Date): boolean {
  return outcome !== undefined && new Date(outcome.at) <= now;
}

/** The job as it is at this time, in the words of the API. */
export function jobView(job: StoredJob, progress: JobProgress): JsonObject {
  const { id, type, beganAt, outcome, started, imageId, imageName } = job;
  const over = isOver(job, progress.now) ? outcome : undefined;
  return {
    job_id: id,
    job_type: type,
    status: statusOf(job, over),
    begin_time: beganAt,
    end_time: over?.at ?? null,
    error_code: over?.fault?.code ?? null,
    fail_reason: over?.fault?.reason ?? null,
    entities: {
      // An image that the job makes is there when it begins to.
      ...(started || job.newImage === undefined ? { image_id: imageId } : {}),
      image_name: imageName,
      process_percent: percentOf(job, progress),
      current_task: type,
    },
  };
}

function statusOf({ started }: StoredJob, over: JobOutcome | undefined): string {
  if (over !== undefined) return over.fault === undefined ? 'SUCCESS' : 'FAIL';
  return started ? 'RUNNING' : 'INIT';
}

/** Goes as far as both the clock and the bytes have come, and reaches 100 with success only. */
function percentOf(job: StoredJob, { now, durationMs, readShare }: JobProgress): number {
  const { beganAt, outcome } = job;
  if (isOver(job, now) && outcome?.fault === undefined) return 100;
  const began = new Date(beganAt).getTime();
  const takesMs = outcome === undefined ? durationMs : new Date(outcome.at).getTime() - began;
  const clockShare = takesMs === 0 ? 1 : (now.getTime() - began) / takesMs;
  const share = outcome === undefined ? Math.min(clockShare, readShare) : clockShare;
  return Math.min(Math.floor(share * 100), 99);
}

/** The jobs of IMS, a JSON file for each. They are kept for ever. */
export class JobStore {
  readonly #files: JsonFolder<StoredJob>;
  readonly #jobs: Map<string, StoredJob>;

  private constructor(files: JsonFolder<StoredJob>, jobs: Map<string, StoredJob>) {
    this.#files = files;
    this.#jobs = jobs;
  }

  static async open(folder: string): Promise<JobStore> {
    const { files, byId } = await JsonFolder.open<StoredJob>(folder);
    return new JobStore(files, byId);
  }

  find(id: string): StoredJob | undefined {
    return this.#jobs.get(id);
  }

  all(): readonly StoredJob[] {
    return [...this.#jobs.values()];
  }

  save(job: StoredJob): void {
    this.#files.save(job);
    this.#jobs.set(job.id, job);
  }
}
