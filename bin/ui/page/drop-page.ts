import type { DropRecord } from '../../../lambda/model/record.ts';
import { badge, progressBar } from './badge.ts';
import { card } from './card.ts';
import { checksCard, foundCard } from './found.ts';
import { BACK } from './icons.ts';
import { html, nothing, type TemplateResult } from './lit.ts';
import type { OpenDrop } from './open-drop.ts';
import { rawRecord } from './raw-record.ts';
import { hashesCard, sentCard } from './sent.ts';
import { isMoving } from './statuses.ts';
import { timeline } from './timeline.ts';
import { trouble } from './trouble.ts';
import { dateTime, duration, formatBytes, percent, rate, splitKey } from './words.ts';

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
