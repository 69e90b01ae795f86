import { finished, Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { ImageDropError } from '../model/errors.ts';
import type { ByteRange } from '../model/image.ts';

/** Opens part of the source; the signal ends the opening. The reader destroys the stream. */
export type OpenRange = (range: ByteRange, signal: AbortSignal) => Promise<Readable>;

/** Waits; rejects when the signal is aborted. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/**
 * Openings in a row that may fail or give no byte. With the pauses between them that is 3 s: what lasts longer is an
 * outage, and waiting that out costs nothing when the message comes again.
 */
const MAX_FAILURES = 5;
const FIRST_PAUSE_MS = 200;

/**
 * A stream of exactly the bytes of `range`. When reading breaks or ends early, the source is opened again where it
 * broke, without the reader noticing.
 *
 * The last bytes are held back until the source has ended: a source that gives more than was asked for fails before
 * anyone has received what looks like the whole.
 *
 * Fails with the error of `open` where that is not retryable (`object-gone`, `object-changed`), else with
 * `source-unreadable`.
 */
export function resumingSource(open: OpenRange, range: ByteRange, sleep: Sleep = wait): Readable {
  return new ResumingSource(open, range, sleep);
}

const wait: Sleep = async (milliseconds, signal) => {
  await setTimeout(milliseconds, undefined, { signal });
};

class ResumingSource extends Readable {
  readonly #open: OpenRange;
  readonly #sleep: Sleep;
  readonly #range: ByteRange;
  readonly #closing = new AbortController();
  #received = 0;
  #failures = 0;
  #begun = false;
  #stream: Readable | undefined;
  #lastChunk: Buffer | undefined;

  constructor(open: OpenRange, range: ByteRange, sleep: Sleep) {
    super();
    this.#open = open;
    this.#range = range;
    this.#sleep = sleep;
  }

  override _read(): void {
    if (this.#range.length === 0) {
      this.push(null);
    } else if (this.#begun) {
      this.#stream?.resume();
    } else {
      this.#begun = true;
      void this.#reopen();
    }
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#closing.abort(error ?? undefined);
    this.#stream?.destroy();
    callback(error);
  }

  async #reopen(): Promise<void> {
    const { offset, length } = this.#range;
    const rest = { offset: offset + this.#received, length: length - this.#received };
    try {
      this.#follow(await this.#open(rest, this.#closing.signal));
    } catch (error) {
      this.#broke(error);
    }
  }

  #follow(stream: Readable): void {
    finished(stream, { writable: false }, (error) => this.#ended(error));
    if (this.destroyed) {
      stream.destroy();
      return;
    }
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => this.#take(stream, chunk));
  }

  #take(stream: Readable, chunk: Buffer): void {
    if (this.destroyed) return;
    const { length } = this.#range;
    this.#received += chunk.length;
    this.#failures = 0;
    if (this.#received > length) {
      this.destroy(
        new ImageDropError('source-unreadable', `The source gave more than the ${length} bytes that were asked for.`, {
          retryable: false,
        }),
      );
    } else if (this.#received === length && chunk.length > 0) {
      this.#lastChunk = chunk;
    } else if (!this.push(chunk)) {
      stream.pause();
    }
  }

  #ended(error: Error | null | undefined): void {
    if (this.destroyed) return;
    if (this.#lastChunk === undefined) {
      this.#broke(error ?? new Error('the source ended early'));
      return;
    }
    this.push(this.#lastChunk);
    this.push(null);
  }

  #broke(cause: unknown): void {
    if (this.destroyed) return;
    this.#stream = undefined;
    if (cause instanceof ImageDropError && !cause.retryable) {
      this.destroy(cause);
      return;
    }
    this.#failures += 1;
    if (this.#failures === MAX_FAILURES) {
      this.destroy(this.#gaveUp(cause));
      return;
    }
    const pauseMs = FIRST_PAUSE_MS * 2 ** (this.#failures - 1);
    this.#sleep(pauseMs, this.#closing.signal).then(
      () => this.#reopen(),
      (error) => this.destroy(error),
    );
  }

  #gaveUp(cause: unknown): ImageDropError {
    const message = `The source could not be read on from byte ${this.#received} of ${this.#range.length}, ${MAX_FAILURES} times in a row.`;
    return new ImageDropError('source-unreadable', message, { cause });
  }
}
