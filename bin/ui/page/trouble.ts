import type { DropRecord } from '../../../lambda/model/record.ts';
import { RETRY } from './icons.ts';
import { html, nothing } from './lit.ts';
import type { ApiError } from './session.ts';
import { isSettled } from './statuses.ts';
import { dateTime } from './words.ts';

export interface RetryProps {
  readonly state: 'idle' | 'asking' | 'asked';
  readonly error: ApiError | undefined;
  readonly onRetry: () => void;
}

/** What is wrong with a drop: first what to do about it, then what it was. */
export function trouble(record: DropRecord, retry: RetryProps) {
  const { error, waiting, status } = record;
  if (waiting !== undefined) return waitingWords(waiting);
  if (error === undefined) return nothing;
  const { code, message, nextStep, cause, at } = error;
  const isOver = isSettled(status);
  return html`<section class="trouble ${isOver ? 'tone-bad' : 'tone-waiting'}" aria-labelledby="trouble-title">
    <h2 id="trouble-title">${isOver ? 'What to do' : 'It is retried automatically'}</h2>
    <p class="next-step">${nextStep}</p>
    <p>${message} <code>${code}</code></p>
    ${cause === undefined ? nothing : html`<p class="cause"><span class="muted">Cause:</span> ${cause}</p>`}
    <p class="muted"><time datetime=${at}>${dateTime(at)}</time></p>
    ${isOver ? retryButton(retry) : nothing}
  </section>`;
}

function waitingWords({ since, code, message }: NonNullable<DropRecord['waiting']>) {
  return html`<section class="trouble tone-waiting" aria-labelledby="trouble-title">
    <h2 id="trouble-title">It waits for its target</h2>
    <p class="next-step">Nothing to do: it continues automatically when the target has room.</p>
    <p>${message} <code>${code}</code></p>
    <p class="muted">Since <time datetime=${since}>${dateTime(since)}</time></p>
  </section>`;
}

function retryButton({ state, error, onRetry }: RetryProps) {
  const words = { idle: 'Retry', asking: 'Asking …', asked: 'Asked: it begins again in a moment' };
  return html`<div class="actions">
    <button class="button primary" id="retry" ?disabled=${state !== 'idle'} @click=${onRetry}>${RETRY} ${words[state]}</button>
    <span class="muted">Once the cause is fixed: from the start, with a new image.</span>
  </div>
  ${error === undefined ? nothing : html`<p role="alert"><strong>${error.nextStep}</strong> ${error.message}</p>`}`;
}
