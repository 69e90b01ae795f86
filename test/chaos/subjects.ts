import { type Drop, recordKey } from '../../lambda/model/drop.ts';
import { imageId } from '../../lambda/model/new-image.ts';
import { workKeys } from '../../lambda/model/unpacking.ts';
import { MAX_GENERATIONS } from '../../lambda/steps/give-up-image.ts';

/** Ids beyond the last generation: an id that a deleted image has used up is passed over, too. */
const IDS = MAX_GENERATIONS + 5;

/**
 * What requests and messages are about, by names that are the same in every run: versions, and image ids made from
 * them, are not.
 */
export class Subjects {
  /** Those that are deployed. */
  targets: readonly string[] = [];
  readonly #records = new Map<string, string>();
  readonly #versions = new Map<string, string>();
  readonly #images = new Map<string, string>();
  readonly #keys = new Map<string, string>();
  readonly #work = new Map<string, string>();

  /**
   * A drop was put.
   * @param name its own in every run
   * @param targets all that the run will ever have: a drop that waits goes to one that is deployed later
   */
  learn(
    name: string,
    drop: Pick<Drop, 'bucket' | 'key' | 'id'> & { readonly isVersion?: boolean },
    targets = this.targets,
  ): void {
    this.#versions.set(drop.id, name);
    if (drop.isVersion === false) this.#keys.set(drop.key, name);
    for (const workKey of Object.values(workKeys(drop))) this.#work.set(workKey, name);
    for (const target of targets) {
      const subject = `${name} at ${target}`;
      this.#records.set(recordKey(drop, target), subject);
      for (let generation = 1; generation <= IDS; generation++) {
        this.#images.set(imageId(drop, target, generation), subject);
      }
    }
  }

  /** An image whose id the endpoint chose is this record's. */
  learnImage(imageId: string, recordKey: string): void {
    const subject = this.#records.get(recordKey);
    if (subject !== undefined) this.#images.set(imageId, subject);
  }

  ofRecord(key: string): string | undefined {
    return this.#records.get(key);
  }

  ofVersion(id: string): string | undefined {
    return this.#versions.get(id);
  }

  /** The newest drop under a key of a bucket without versions. */
  ofKey(key: string): string | undefined {
    return this.#keys.get(key);
  }

  /** An object of the work bucket. */
  ofWork(key: string): string | undefined {
    return this.#work.get(key);
  }

  ofImage(id: string): string | undefined {
    return this.#images.get(id);
  }
}
