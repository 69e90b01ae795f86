import { formatBytes } from '../format-bytes.ts';
import { formatDuration } from './durations.ts';

/** How a transfer is getting on. */
export interface TransferProgress {
  /** Bytes that have arrived, by this try or an earlier one. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Of the last seconds; undefined until there is something to measure. */
  readonly bytesPerSecond: number | undefined;
  readonly secondsLeft: number | undefined;
}

/** Long enough to even out parts that end together, short enough to notice that a line has become slow. */
const WINDOW_SECONDS = 10;

interface Sample {
  readonly atSeconds: number;
  readonly sentBytes: number;
}

/** Measures a transfer by its last seconds. What was there before does not count for the rate. */
export class TransferMeter {
  readonly totalBytes: number;
  resumedBytes = 0;
  sentBytes = 0;
  #samples: readonly Sample[] = [];

  constructor(totalBytes: number) {
    this.totalBytes = totalBytes;
  }

  /** @param nowSeconds of any clock that does not jump; each call is a sample */
  progress(nowSeconds: number): TransferProgress {
    const now = { atSeconds: nowSeconds, sentBytes: this.sentBytes };
    const recent = this.#samples.filter(({ atSeconds }) => nowSeconds - atSeconds <= WINDOW_SECONDS);
    // When nothing was shown for that long, the time since the last one is as good.
    this.#samples = [...(recent.length > 0 ? recent : this.#samples.slice(-1)), now];
    const { totalBytes } = this;
    const doneBytes = Math.min(this.resumedBytes + this.sentBytes, totalBytes);
    const bytesPerSecond = rateOf(this.#samples[0] ?? now, now);
    return { doneBytes, totalBytes, bytesPerSecond, secondsLeft: secondsFor(totalBytes - doneBytes, bytesPerSecond) };
  }
}

function rateOf(first: Sample, last: Sample): number | undefined {
  const seconds = last.atSeconds - first.atSeconds;
  return seconds > 0 ? (last.sentBytes - first.sentBytes) / seconds : undefined;
}

function secondsFor(bytes: number, bytesPerSecond: number | undefined): number | undefined {
  return bytesPerSecond === undefined || bytesPerSecond === 0 ? undefined : bytes / bytesPerSecond;
}

const BAR_CHARACTERS = 24;

/** `[██████··················]  25 %  12.3 MiB/s  1 min 20 s left` */
export function progressLine({ doneBytes, totalBytes, bytesPerSecond, secondsLeft }: TransferProgress): string {
  const share = totalBytes === 0 ? 1 : doneBytes / totalBytes;
  const filled = Math.floor(share * BAR_CHARACTERS);
  const bar = `[${'█'.repeat(filled)}${'·'.repeat(BAR_CHARACTERS - filled)}]`;
  const percent = `${Math.floor(share * 100)} %`.padStart(5);
  const rate = bytesPerSecond === undefined ? [] : [`${formatBytes(Math.round(bytesPerSecond))}/s`];
  const left = secondsLeft === undefined ? [] : [`${formatDuration(secondsLeft)} left`];
  return [bar, percent, ...rate, ...left].join('  ');
}
