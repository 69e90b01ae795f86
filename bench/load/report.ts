import type { LoadFigures } from './load.ts';

/** What `npm run load` prints. */
export function report(figures: LoadFigures): string {
  const { drops, seconds, putSeconds, memory, functions } = figures;
  const lines = [
    `${drops} drops in ${seconds.toFixed(1)} s (put in ${putSeconds.toFixed(1)} s): ${(drops / seconds).toFixed(1)} drops/s`,
    `outcomes: ${JSON.stringify(figures.statuses)}, told twice: ${figures.repeated}`,
    `images: ${figures.images}, messages left: ${figures.messages}`,
    `drops/s by tenths: ${figures.rates.map((rate) => rate.toFixed(1)).join(' ')}`,
    `MiB by tenths, services and simulator: ${byTenths(memory.own)}; all functions: ${byTenths(memory.functions)}`,
    `MiB that services and simulator keep, by tenths: ${figures.live.map(Math.round).join(' ')}`,
    ...functions.map(
      ({ name, invocations, billedSeconds, peakMemory, errors }) =>
        `${name}: ${invocations} invocations (${(invocations / drops).toFixed(2)} per drop), ` +
        `${((billedSeconds * 1000) / drops).toFixed(1)} ms per drop, at most ${peakMemory} MB, ${errors.length} errors`,
    ),
    `requests per drop: ${perDrop(figures)}`,
    ...problemsIn(figures).map((problem) => `PROBLEM: ${problem}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** What must not be; none where all is well. */
export function problemsIn({ drops, statuses, repeated, images, messages, functions }: LoadFigures): string[] {
  const errors = functions.flatMap((one) => one.errors);
  return [
    ...(statuses.active === drops ? [] : [`of ${drops} drops ${statuses.active ?? 0} are active`]),
    ...(images === drops ? [] : [`there are ${images} images of ${drops} drops`]),
    ...(repeated === 0 ? [] : [`${repeated} outcomes were told twice`]),
    ...(messages === 0 ? [] : [`${messages} messages are left`]),
    ...errors.slice(0, MAX_ERRORS).map((line) => `error in a log: ${line}`),
  ];
}

const perDrop = ({ requests, drops }: LoadFigures): string =>
  Object.entries(requests)
    .sort()
    .map(([kind, count]) => `${kind} ${(count / drops).toFixed(2)}`)
    .join(', ');

const MAX_ERRORS = 5;

/** The highest figure of each tenth of the time. */
function byTenths(samples: readonly number[]): string {
  const tenth = Math.max(1, Math.ceil(samples.length / 10));
  const peaks: number[] = [];
  for (let at = 0; at < samples.length; at += tenth) peaks.push(Math.round(Math.max(...samples.slice(at, at + tenth))));
  return peaks.join(' ');
}
