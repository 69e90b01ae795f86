import { ImageDropError } from '../model/errors.ts';

export interface WatchdogLimits {
  /** Seconds without a byte, whether the source gives none or the sink takes none. */
  readonly stallSeconds: number;
  /** Seconds that the sink may take after its last byte. */
  readonly answerSeconds: number;
}

/**
 * A minute: longer than a TCP connection needs to recover from loss and than a source takes to be opened again, and
 * short against the quarter of an hour that a function has.
 *
 * The answer takes longer, because only then does an endpoint finish what it stores (assembles parts, flushes, compares
 * checksums): 300 s is what HTTP clients commonly wait for it (undici's headersTimeout). Should the function's time be
 * over sooner, its deadline comes first.
 */
export const WATCHDOG_LIMITS: WatchdogLimits = { stallSeconds: 60, answerSeconds: 300 };

/** What the watchdog looks at. */
export interface Watched {
  /** Bytes that have gone by. */
  bytes(): number;
  /** Whether the sink has taken the last byte. */
  handedOver(): boolean;
}

export interface Watchdog {
  /**
   * Aborts with `stalled` when no byte has gone by for too long, and with `upload-interrupted` when the answer stays
   * away after the last byte: what became of the image is then not known.
   */
  readonly signal: AbortSignal;
  stop(): void;
}

/** How often it looks within one stall limit; a stall is noticed at most a tenth late. */
const LOOKS_PER_LIMIT = 10;

/**
 * Watches bytes go by. It counts its own looks, not the clock: a function that was frozen for an hour has not stalled.
 * It does not keep the process alive.
 */
export function watch(watched: Watched, limits: WatchdogLimits = WATCHDOG_LIMITS): Watchdog {
  const abort = new AbortController();
  const secondsPerLook = limits.stallSeconds / LOOKS_PER_LIMIT;
  let seen = { bytes: watched.bytes(), handedOver: watched.handedOver() };
  let quietLooks = 0;

  const look = (): void => {
    const now = { bytes: watched.bytes(), handedOver: watched.handedOver() };
    const quiet = now.bytes === seen.bytes && now.handedOver === seen.handedOver;
    quietLooks = quiet ? quietLooks + 1 : 0;
    seen = now;
    const limitSeconds = now.handedOver ? limits.answerSeconds : limits.stallSeconds;
    if (quietLooks * secondsPerLook < limitSeconds) return;
    clearInterval(timer);
    abort.abort(now.handedOver ? unanswered(now.bytes, limitSeconds) : stalled(now.bytes, limitSeconds));
  };

  const timer = setInterval(look, secondsPerLook * 1000);
  timer.unref();
  return { signal: abort.signal, stop: () => clearInterval(timer) };
}

function stalled(bytes: number, seconds: number): ImageDropError {
  return new ImageDropError('stalled', `No byte went by for ${seconds} seconds; ${bytes} bytes had been transferred.`);
}

function unanswered(bytes: number, seconds: number): ImageDropError {
  const message = `All ${bytes} bytes were sent, but no answer came for ${seconds} seconds.`;
  return new ImageDropError('upload-interrupted', message);
}
