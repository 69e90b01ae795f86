import { randomUUID } from 'node:crypto';
import { callerOf } from './authentication.ts';
import type { ImageContext } from './flavour.ts';
import { type Answer, type Call, json } from './http.ts';
import type { ImsSettings } from './ims-settings.ts';
import { refusal } from './ims-settings.ts';
import type { JobStore } from './job.ts';
import { isOver, jobView, type StoredJob } from './job.ts';
import { runJob } from './job-run.ts';
import type { ObsClient } from './obs-client.ts';
import type { PlannedFaults } from './planned-faults.ts';
import { type Route, route } from './router.ts';

/** What a call settles of the job that it begins. */
export type JobDraft = Omit<StoredJob, 'id' | 'beganAt' | 'started' | 'outcome'>;

export interface JobParts {
  readonly store: JobStore;
  readonly settings: ImsSettings;
  readonly obs: ObsClient | undefined;
  readonly faults: PlannedFaults;
}

/**
 * The jobs of IMS. One that is under way when the simulator ends goes on when it is started again in the same folder,
 * from its beginning: its file is still in object storage, and the jobs of a real service outlive its servers.
 */
export class ImsJobs {
  readonly #parts: JobParts;
  readonly #readShares = new Map<string, number>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(parts: JobParts) {
    this.#parts = parts;
  }

  routes(context: ImageContext): Route[] {
    return [
      route('GET', '/v1/:project/jobs/:id', (call) => this.#show(context, call)),
      // The newer form of the same ("Querying the Progress of an Asynchronous Job").
      route('GET', '/v1/cloudimages/job/:id', (call) => this.#show(context, call)),
    ];
  }

  /** @throws Fault IMG.0060 */
  admit(owner: string, now: Date): void {
    const running = this.#parts.store.all().filter((job) => job.owner === owner && !isOver(job, now)).length;
    if (running < (this.#parts.settings.maxRunningJobs ?? Number.POSITIVE_INFINITY)) return;
    throw refusal('IMG.0060', 'The number of tasks exceeds the flow control limit.');
  }

  begin(context: ImageContext, draft: JobDraft): Answer {
    const id = randomUUID().replaceAll('-', '');
    const job = { ...draft, id, beganAt: context.clock().toISOString(), started: false };
    this.#parts.store.save(job);
    this.#start(context, job);
    return json(200, { job_id: id });
  }

  /** Goes on with the jobs that were under way when the simulator ended. */
  resume(context: ImageContext): void {
    for (const job of this.#parts.store.all()) {
      if (job.outcome === undefined) this.#start(context, job);
    }
  }

  /** Cuts what is being read. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#underWay);
    this.#parts.obs?.close();
  }

  /** @throws Fault IMG.0030 for another project's path, IMG.0023 for a job that the project does not have */
  #show(context: ImageContext, call: Call): Answer {
    const { projectId } = callerOf(context, call);
    const { project = projectId, id = '' } = call.params;
    if (project !== projectId) throw refusal('IMG.0030', 'The project ID and token in the request are invalid.');
    const job = this.#parts.store.find(id);
    if (job?.owner !== projectId) throw refusal('IMG.0023', `There is no job ${id}.`);
    const readShare = this.#readShares.get(id) ?? 0;
    const durationMs = this.#parts.settings.jobDurationMs;
    return json(200, jobView(job, { now: context.clock(), durationMs, readShare }));
  }

  #start(context: ImageContext, job: StoredJob): void {
    const work = this.#run(context, job).finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }

  async #run(context: ImageContext, job: StoredJob): Promise<void> {
    const { store, ...parts } = this.#parts;
    const { signal } = this.#stop;
    const onProgress = (readShare: number) => {
      if (!this.#readShares.has(job.id)) store.save({ ...job, started: true });
      this.#readShares.set(job.id, readShare);
    };
    try {
      const outcome = await runJob(job, { ...parts, context, signal, onProgress });
      store.save({ ...(store.find(job.id) ?? job), outcome });
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
    this.#readShares.delete(job.id);
  }
}
