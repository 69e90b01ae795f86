import type { DropRecord } from '../../lambda/model/record.ts';

/** The states that a drop went through: the first with its time, the others with the seconds since then. */
export function timelineOf({ history, announcedAt }: DropRecord): readonly string[] {
  const start = Date.parse(history[0]?.at ?? '');
  const entries = [
    ...history,
    ...(announcedAt === undefined ? [] : [{ status: 'announced', at: announcedAt, note: undefined }]),
  ];
  const times = entries.map(({ at }, i) => (i === 0 ? at : `+${((Date.parse(at) - start) / 1000).toFixed(1)} s`));
  const width = Math.max(...times.map((time) => time.length));
  return entries.map(({ status, note }, i) => {
    const why = note === undefined ? '' : `  (${note})`;
    return `${times[i]?.padStart(width)}  ${status}${why}`;
  });
}
