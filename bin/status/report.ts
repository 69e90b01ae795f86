import type { DropRecord } from '../../lambda/model/record.ts';
import { printable } from '../printable.ts';
import type { DropRecords } from '../records/drops.ts';
import { formatAge } from '../terminal/durations.ts';
import { type Styler, statusStyle } from '../terminal/styles.ts';
import { type Fact, factsOf } from './facts.ts';

/** What `imagedrop status` prints for people. */
export function statusReport(
  [last = [], ...earlier]: readonly DropRecords[],
  { all }: { readonly all: boolean },
  now: Date,
  style: Styler,
): string {
  const whole = (all ? [last, ...earlier] : [last]).flat().map((record) => section(record, now, style));
  const short = all ? [] : earlier.flat().map((record) => shortLine(record, now, style));
  const before = short.length === 0 ? [] : [`${style('bold', 'Earlier drops')}\n${short.join('')}`];
  return [...whole, ...before].join('\n');
}

function section(record: DropRecord, now: Date, style: Styler): string {
  const { drop, target, status } = record;
  const headline = `${style('bold', printable(`${drop.key} at ${target}`))}: ${style(statusStyle(status), printable(status))}`;
  const facts = factsOf(record, now).map((fact) => factLine(fact, style));
  const timeline = timelineOf(record).map((line) => `    ${printable(line)}`);
  return `${[headline, ...facts, `  ${style('dim', 'timeline')}`, ...timeline].join('\n')}\n`;
}

/** Wider than any name of a fact. */
const NAME_CHARACTERS = 12;

function factLine({ name, value, style: wanted }: Fact, style: Styler): string {
  const shown = printable(value);
  return `  ${style('dim', name.padEnd(NAME_CHARACTERS))}${wanted === undefined ? shown : style(wanted, shown)}`;
}

function shortLine({ drop, target, status, error }: DropRecord, now: Date, style: Styler): string {
  const age = formatAge((now.getTime() - Date.parse(drop.droppedAt)) / 1000);
  const code = error === undefined ? '' : ` (${error.code})`;
  return `  ${printable(`${age} ago at ${target}:`)} ${style(statusStyle(status), printable(`${status}${code}`))}\n`;
}

/** The states that a drop went through: the first with its time, the others with the seconds since then. */
function timelineOf({ history, announcedAt }: DropRecord): readonly string[] {
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
