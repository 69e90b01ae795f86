import { SortedKeys } from './sorted-keys.ts';
import type { Version } from './version.ts';

/** All versions of a bucket, in memory, so that listing asks no disk. */
export class VersionIndex {
  readonly keys = new SortedKeys();
  readonly #versions = new Map<string, Version[]>();

  /** Newest first. */
  of(key: string): readonly Version[] {
    return this.#versions.get(key) ?? [];
  }

  find(key: string, versionId: string): Version | undefined {
    return this.of(key).find((it) => it.versionId === versionId);
  }

  /** Adds a version, or puts it in the place of the one that has its key and id. */
  set(version: Version): void {
    const others = this.of(version.key).filter((it) => it.versionId !== version.versionId);
    const versions = [version, ...others].sort((a, b) => (a.sequencer < b.sequencer ? 1 : -1));
    this.#versions.set(version.key, versions);
    this.keys.add(version.key);
  }

  delete({ key, versionId }: Version): void {
    const others = this.of(key).filter((it) => it.versionId !== versionId);
    if (others.length > 0) {
      this.#versions.set(key, others);
    } else {
      this.#versions.delete(key);
      this.keys.delete(key);
    }
  }

  *[Symbol.iterator](): IterableIterator<Version> {
    for (const versions of this.#versions.values()) yield* versions;
  }
}

/** Numbers the versions of a store: each greater than all before, also after a restart and when the clock stops. */
export class Sequencer {
  readonly #clock: () => Date;
  #last = 0n;

  constructor(clock: () => Date) {
    this.#clock = clock;
  }

  /** Takes note of a number that was given out before the restart. */
  observe(sequencer: string): void {
    const value = BigInt(`0x${sequencer}`);
    if (value > this.#last) this.#last = value;
  }

  /** 16 hex digits: microseconds since 1970, or one more than the last. */
  next(): string {
    const now = BigInt(this.#clock().getTime()) * 1000n;
    this.#last = now > this.#last ? now : this.#last + 1n;
    return this.#last.toString(16).toUpperCase().padStart(16, '0');
  }
}
