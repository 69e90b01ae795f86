import type { DropSummary } from '../summary.ts';
import { badge, progressBar } from './badge.ts';
import { html, nothing, type TemplateResult } from './lit.ts';
import { dropPath } from './route.ts';
import { isMoving, isSettled, STATUSES } from './statuses.ts';
import { age, dateTime, formatBytes, percent, rate, splitKey } from './words.ts';

/** The cells of a drop. @param isCurrent whether Tab reaches it */
export function dropRow(drop: DropSummary, isCurrent: boolean, now: number): TemplateResult {
  const { record, key, status, waiting, target, format, size, droppedAt } = drop;
  const [folder, name] = splitKey(key);
  return html`<div class="cell-status" role="cell">${badge(status, waiting)}</div>
    <div class="cell-name" role="cell">
      <a class="drop-link" href=${dropPath(record)} tabindex=${isCurrent ? 0 : -1} title=${key}
        ><span class="folder">${folder}</span><span class="name">${name}</span></a>
      ${secondLine(drop)}
    </div>
    <div class="cell-target" role="cell">${target}</div>
    <div class="cell-progress" role="cell">${movement(drop)}</div>
    <div class="cell-format" role="cell">${format ?? '–'}</div>
    <div class="cell-size" role="cell">${formatBytes(size)}</div>
    <div class="cell-age" role="cell"><time datetime=${droppedAt} title=${dateTime(droppedAt)}>${age(now - Date.parse(droppedAt))}</time></div>`;
}

/** What a person would ask next: why it failed or waits, or which image it became. */
function secondLine({ status, error, waiting, imageId }: DropSummary) {
  if (waiting !== undefined) return html`<span class="second">${waiting}</span>`;
  if (error !== undefined) {
    const again = isSettled(status) ? '' : ' It is tried again.';
    return html`<span class="second ${status === 'failed' ? 'bad' : ''}">${error.message}${again}</span>`;
  }
  return status === 'active' && imageId !== undefined ? html`<span class="second code">${imageId}</span>` : nothing;
}

function movement({ key, status, progress, bytesPerSecond }: DropSummary) {
  if (!isMoving(status) && status !== 'processing') return nothing;
  const words = [
    ...(progress === undefined ? [] : [percent(progress)]),
    ...(bytesPerSecond === undefined ? [] : [rate(bytesPerSecond)]),
  ];
  return html`${progressBar(progress, `${status === 'uploading' ? 'Upload' : STATUSES[status].label} of ${key}`)}
    <span class="progress-words">${words.join(' · ')}</span>`;
}
