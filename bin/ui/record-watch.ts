import { setTimeout as pause } from 'node:timers/promises';
import type { RecordIndex } from './record-index.ts';

/** Soon enough to look live. */
const LEAST_PAUSE_MS = 1000;
/**
 * After each page of the listing. So a page in a browser that is looked at asks for two listings a second at most, which
 * is four cents an hour at the price of S3 (5 USD for a million).
 */
const PAUSE_PER_PAGE_MS = 500;

/** Keeps an index up to date while someone looks at it: an unseen one costs nothing. */
export class RecordWatch {
  readonly #index: RecordIndex;
  readonly #stopped = new AbortController();
  #lookers = 0;
  #running: Promise<void> | undefined;
  #awake = new AbortController();

  constructor(index: RecordIndex) {
    this.#index = index;
  }

  /** @returns what ends the interest */
  look(): () => void {
    this.#lookers += 1;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return () => {
      this.#lookers -= 1;
      if (this.#lookers === 0) this.hurry();
    };
  }

  /** Something has changed for certain: looks at once. */
  hurry(): void {
    this.#awake.abort();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.hurry();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (this.#lookers > 0 && !signal.aborted) {
      this.#awake = new AbortController();
      const pages = await this.#index.refresh(signal);
      const wait = Math.max(LEAST_PAUSE_MS, pages * PAUSE_PER_PAGE_MS);
      await pause(wait, undefined, { signal: this.#awake.signal }).catch(() => undefined);
    }
  }
}
