import { formatBytes } from '../format-bytes.ts';
import type { LocalFile } from '../local-files.ts';
import { formatDuration } from '../terminal/durations.ts';
import { liveLines } from '../terminal/live-lines.ts';
import { progressLine, TransferMeter } from '../terminal/transfer-meter.ts';
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

/** @param files the files to send; several files also get one line with their total */
export function dropDisplay(out: NodeJS.WriteStream, files: readonly LocalFile[]): DropDisplay {
  const lines = liveLines(out);
  const underWay = new Map<string, TransferMeter>();
  const total = new TotalMeter(files);
  const showTotal = () => files.length > 1 && lines.show(TOTAL, total.line(seconds()));
  const show = () => {
    showTotal();
    for (const [key, meter] of underWay) lines.show(key, `${key}  ${progressLine(meter.progress(seconds()))}`);
  };
  const timer = setInterval(show, out.isTTY ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS);
  return {
    begun({ key, size }, meter) {
      underWay.set(key, meter);
      total.meters.set(key, meter);
      lines.show(key, `${key}  sending ${formatBytes(size)}`);
    },
    ended(outcome) {
      underWay.delete(outcome.key);
      total.ended += files.some(({ key }) => key === outcome.key) ? 1 : 0;
      if (out.isTTY) showTotal();
      lines.show(outcome.key, `${outcome.key}  ${endOf(outcome)}`, outcome.outcome === 'dropped' ? undefined : 'red');
    },
    close: () => clearInterval(timer),
  };
}

/** No key is empty. */
const TOTAL = '';

/** Measures all files together. */
class TotalMeter {
  readonly meters = new Map<string, TransferMeter>();
  ended = 0;
  readonly #files: readonly LocalFile[];
  readonly #all: TransferMeter;

  constructor(files: readonly LocalFile[]) {
    this.#files = files;
    this.#all = new TransferMeter(files.reduce((sum, { size }) => sum + size, 0));
  }

  line(nowSeconds: number): string {
    const begun = this.#files.flatMap(({ key }) => this.meters.get(key) ?? []);
    this.#all.sentBytes = begun.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
    this.#all.resumedBytes = begun.reduce((sum, { resumedBytes }) => sum + resumedBytes, 0);
    const progress = this.#all.progress(nowSeconds);
    const bytes = `${formatBytes(progress.doneBytes)} of ${formatBytes(progress.totalBytes)}`;
    return `${this.ended} of ${this.#files.length} files, ${bytes}  ${progressLine(progress)}`;
  }
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
