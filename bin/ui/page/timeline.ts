import type { DropRecord, HistoryEntry } from '../../../lambda/model/record.ts';
import { STATUS_ICONS } from './icons.ts';
import { html, nothing, type TemplateResult } from './lit.ts';
import { isSettled, STATUSES } from './statuses.ts';
import { dateTime, duration, time } from './words.ts';

/** What became of a drop, and how long each step took. */
export function timeline({ history, drop, status }: DropRecord, now: number): TemplateResult {
  const first = { label: 'Dropped', story: 'The object was written to the bucket', at: drop.droppedAt };
  return html`<ol class="timeline">
    <li class="step tone-quiet">
      <span class="dot">${STATUS_ICONS.received}</span>
      <div><strong>${first.label}</strong> <time datetime=${first.at}>${dateTime(first.at)}</time><p>${first.story}</p></div>
    </li>
    ${history.map((entry, index) => step(entry, history[index + 1], index === history.length - 1 && !isSettled(status), now))}
  </ol>`;
}

function step(entry: HistoryEntry, next: HistoryEntry | undefined, isUnderWay: boolean, now: number) {
  const { label, tone, story } = STATUSES[entry.status];
  const end = next === undefined ? now : Date.parse(next.at);
  const took = next === undefined && !isUnderWay ? undefined : duration(end - Date.parse(entry.at));
  return html`<li class="step tone-${tone} ${isUnderWay ? 'is-under-way' : ''}" aria-current=${isUnderWay ? 'step' : nothing}>
    <span class="dot">${STATUS_ICONS[entry.status]}</span>
    <div>
      <strong>${label}</strong> <time datetime=${entry.at} title=${dateTime(entry.at)}>${time(entry.at)}</time>
      ${took === undefined ? nothing : html`<span class="took">${isUnderWay ? `for ${took}` : took}</span>`}
      <p>${story}${entry.note === undefined ? nothing : html` <span class="note">(${entry.note})</span>`}</p>
    </div>
  </li>`;
}
