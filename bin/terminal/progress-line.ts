import { formatBytes } from '../format-bytes.ts';
import { formatDuration } from './durations.ts';
import type { TransferProgress } from './transfer-meter.ts';

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
