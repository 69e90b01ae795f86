import type { DropRecord } from '../../../lambda/model/record.ts';
import { badge, progressBar } from './badge.ts';
import { card } from './card.ts';
import { checksCard, foundCard } from './found.ts';
import { BACK } from './icons.ts';
import { html, nothing, type TemplateResult } from './lit.ts';
import type { OpenDrop } from './open-drop.ts';
import { rawRecord } from './raw-record.ts';
import { hashesCard, sentCard } from './sent.ts';
import { timeline } from './timeline.ts';
import { trouble } from './trouble.ts';
import { dateTime, duration, formatBytes, percent, rate, splitKey } from './words.ts';

/** A drop's own page. */
export function dropPage(open: OpenDrop, now: number, say: (text: string) => void): TemplateResult {
  const { record, problem } = open;
  return html`<article class="drop-page">
    <a class="back" href="#/">${BACK} All drops</a>
    ${record === undefined ? noRecord(problem) : withRecord(record, open, now, say)}
  </article>`;
}

function noRecord(problem: OpenDrop['problem']): TemplateResult {
  if (problem === undefined) return html`<h1 tabindex="-1">Reading the record …</h1>`;
  return html`<h1 tabindex="-1">This drop cannot be shown</h1>
    <p role="alert"><strong>${problem.nextStep ?? 'Go back to the list.'}</strong> ${problem.message}</p>`;
}

function withRecord(record: DropRecord, open: OpenDrop, now: number, say: (text: string) => void): TemplateResult {
  const { drop, status, target, waiting } = record;
  const [folder, name] = splitKey(drop.key);
  return html`<header class="drop-head">
      <h1 tabindex="-1"><span class="folder">${folder}</span>${name}</h1>
      <p class="drop-line">${badge(status, waiting?.message)}
        <span>at <strong>${target}</strong></span>
        <span>${formatBytes(drop.size)}</span>
        <span>dropped <time datetime=${drop.droppedAt}>${dateTime(drop.droppedAt)}</time></span></p>
    </header>
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
  if (status !== 'uploading' || progress === undefined) return nothing;
  const { bytes, totalBytes, bytesPerSecond } = progress;
  const left = bytesPerSecond > 0 ? ` · ${duration(((totalBytes - bytes) / bytesPerSecond) * 1000)} left` : '';
  const words = `${percent(bytes / Math.max(totalBytes, 1))} · ${formatBytes(bytes)} of ${formatBytes(totalBytes)} · ${rate(bytesPerSecond)}${left}`;
  return card(
    'movement-title',
    'Upload',
    html`${progressBar(bytes / Math.max(totalBytes, 1), 'Upload')}<p>${words}</p>`,
  );
}
