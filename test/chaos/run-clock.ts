import { type Clock, replaceClock, timeOf } from '../../local/contributing/faults/clock.ts';

/** While nothing works, a run waits for leases, pauses and polls: this many seconds pass in one. */
const FAST = 16;
/** So long nothing may give a sign of life. Longer than the pauses in which a function works without a request. */
const QUIET_MS = 300;
const LOOK_MS = 100;

const realNow = Date.now.bind(Date);
let clock: Clock = { realMs: 0, shownMs: 0, speed: 1 };
let isReplaced = false;

/** The clock of a run and its functions: as the real one while something works, and faster while all wait. */
export class RunClock {
  readonly #options: { readonly isBusy: () => boolean; readonly changed: (clock: Clock) => void };
  readonly #timer: NodeJS.Timeout;
  #lastSignMs = realNow();

  constructor(options: { readonly isBusy: () => boolean; readonly changed: (clock: Clock) => void }) {
    this.#options = options;
    if (!isReplaced) replaceClock((realMs) => timeOf(clock, realMs));
    isReplaced = true;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Something works. */
  sign(): void {
    this.#lastSignMs = realNow();
    this.#run(1);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#run(1);
  }

  #look(): void {
    if (this.#options.isBusy()) this.sign();
    else if (realNow() - this.#lastSignMs > QUIET_MS) this.#run(FAST);
  }

  #run(speed: number): void {
    if (clock.speed === speed) return;
    const realMs = realNow();
    clock = { realMs, shownMs: timeOf(clock, realMs), speed };
    this.#options.changed(clock);
  }
}

/** By which a function that starts finds the clock of this process. */
export const clockVariables = (): Record<string, string> => ({ IMAGEDROP_FAULTS_TIME: JSON.stringify(clock) });
