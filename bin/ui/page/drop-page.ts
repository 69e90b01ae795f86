import type { DropRecord, HistoryEntry } from '../../../lambda/model/record.ts';
import { badge, progressBar } from './badge.ts';
import { card } from './card.ts';
import { checksCard, foundCard } from './found.ts';
import { BACK, COPY, SAVE, STATUS_ICONS } from './icons.ts';
import { html, nothing, type TemplateResult } from './lit.ts';
import type { OpenDrop } from './open-drop.ts';
import { hashesCard, sentCard } from './sent.ts';
import { isMoving, isSettled, STATUSES } from './statuses.ts';
import { trouble } from './trouble.ts';
import { dateTime, duration, formatBytes, percent, rate, splitKey, time } from './words.ts';

/** A drop's own page. */
export function dropPage(open: OpenDrop, now: number, say: (text: string) => void): TemplateResult {
  const { record, problem } = open;
  // One heading from the beginning: it has the focus.
  return html`<article class="drop-page">
    <a class="back" href="#/">${BACK} All drops</a>
    <h1 tabindex="-1">${heading(open)}</h1>
    ${record === undefined ? noRecord(problem) : withRecord(record, open, now, say)}
  </article>`;
}

function heading({ record, problem }: OpenDrop) {
  if (record === undefined) return problem === undefined ? 'Reading the record …' : 'This drop cannot be shown';
  const [folder, name] = splitKey(record.drop.key);
  return html`<span class="folder">${folder}</span>${name}`;
}

function noRecord(problem: OpenDrop['problem']) {
  if (problem === undefined) return nothing;
  return html`<p role="alert"><strong>${problem.nextStep ?? 'Go back to the list.'}</strong> ${problem.message}</p>`;
}

function withRecord(record: DropRecord, open: OpenDrop, now: number, say: (text: string) => void): TemplateResult {
  const { drop, status, target, waiting } = record;
  return html`<p class="drop-line">
      ${badge(status, waiting?.message)}
      <span>at <strong>${target}</strong></span>
      ${drop.targets === undefined ? nothing : html`<span>goes to ${drop.targets.join(', ')} alone</span>`}
      <span>${formatBytes(drop.size)}</span>
      <span>dropped <time datetime=${drop.droppedAt}>${dateTime(drop.droppedAt)}</time></span>
    </p>
    <div class="columns">
      <div class="column">
        ${trouble(record, open.retry)} ${movement(record)} ${foundCard(record)} ${sentCard(record)} ${checksCard(open.checks)}
      </div>
      <div class="column">
        ${card('timeline-title', 'Timeline', timeline(record, now))} ${hashesCard(record)}
      </div>
    </div>
    ${rawRecord(record, say)}`;
}

/** How far an upload is, or the work of the target. */
function movement({ status, progress, register }: DropRecord) {
  if (status === 'processing' && register?.percent !== undefined) {
    const fraction = register.percent / 100;
    return card(
      'movement-title',
      'Processing',
      html`${progressBar(fraction, 'Processing')}<p>${percent(fraction)}</p>`,
    );
  }
  if (!isMoving(status) || progress === undefined) return nothing;
  const title = status === 'unpacking' ? 'Unpacking' : 'Upload';
  const { bytes, totalBytes, bytesPerSecond } = progress;
  const left = bytesPerSecond > 0 ? ` · ${duration(((totalBytes - bytes) / bytesPerSecond) * 1000)} left` : '';
  const words = `${percent(bytes / Math.max(totalBytes, 1))} · ${formatBytes(bytes)} of ${formatBytes(totalBytes)} · ${rate(bytesPerSecond)}${left}`;
  return card('movement-title', title, html`${progressBar(bytes / Math.max(totalBytes, 1), title)}<p>${words}</p>`);
}

/** The record as it is in the bucket. */
function rawRecord(record: DropRecord, say: (text: string) => void): TemplateResult {
  const text = JSON.stringify(record, undefined, 2);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    say('The record is copied.');
  };
  return html`<details class="card raw">
    <summary><h2>Record</h2></summary>
    <div class="actions">
      <button class="button" @click=${copy}>${COPY} Copy</button>
      <button class="button" @click=${() => save(record, text)}>${SAVE} Save</button>
    </div>
    <pre tabindex="0" role="region" aria-label="Record as JSON">${text}</pre>
  </details>`;
}

function save({ drop, target }: DropRecord, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.download = `${splitKey(drop.key)[1]}.${target}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** What became of a drop, and how long each step took. */
function timeline({ history, drop, status }: DropRecord, now: number): TemplateResult {
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
