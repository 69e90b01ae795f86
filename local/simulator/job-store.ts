import type { StoredJob } from './job.ts';
import { JsonFolder } from './json-folder.ts';

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
