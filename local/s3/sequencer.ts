/** Numbers the versions of a store: each greater than all before, also after a restart and when the clock stands. */
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
