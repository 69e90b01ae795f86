import { formatBytes } from '../format-bytes.ts';
import type { LocalFile } from '../local-files.ts';
import { formatDuration } from '../terminal/durations.ts';
import { liveLines } from '../terminal/live-lines.ts';
import { progressLine, type TransferMeter } from '../terminal/transfer-meter.ts';
import type { DropOutcome } from './outcome.ts';

/** Shows files on their way into the bucket. */
export interface DropDisplay {
  begun(file: LocalFile, meter: TransferMeter): void;
  ended(outcome: DropOutcome): void;
  /** No more is shown. */
  close(): void;
}

/** Fast enough to look alive. */
const TERMINAL_EVERY_MS = 200;
/** A log of a long upload has a sign of life now and then. */
const PLAIN_EVERY_MS = 30_000;

export function dropDisplay(out: NodeJS.WriteStream): DropDisplay {
  const lines = liveLines(out);
  const underWay = new Map<string, TransferMeter>();
  const show = () => {
    for (const [key, meter] of underWay) lines.show(key, `${key}  ${progressLine(meter.progress(seconds()))}`);
  };
  const timer = setInterval(show, out.isTTY ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS);
  return {
    begun({ key, size }, meter) {
      underWay.set(key, meter);
      lines.show(key, `${key}  sending ${formatBytes(size)}`);
    },
    ended(outcome) {
      underWay.delete(outcome.key);
      lines.show(outcome.key, `${outcome.key}  ${endOf(outcome)}`, outcome.outcome === 'dropped' ? undefined : 'red');
    },
    close: () => clearInterval(timer),
  };
}

/** For output that is not a terminal. */
export const NO_DISPLAY: DropDisplay = { begun: () => {}, ended: () => {}, close: () => {} };

const seconds = () => performance.now() / 1000;

function endOf(outcome: DropOutcome): string {
  if (outcome.outcome !== 'dropped') return outcome.outcome + (outcome.code === undefined ? '' : ` · ${outcome.code}`);
  const { size, resumedBytes, seconds: took } = outcome;
  const resumed = resumedBytes === 0 ? '' : ` · ${formatBytes(resumedBytes)} had been sent before`;
  return `dropped · ${formatBytes(size)} in ${formatDuration(took)}${resumed}`;
}
