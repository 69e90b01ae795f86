import { progressBar } from './badge.ts';
import type { FileUpload } from './file-upload.ts';
import { CLOSE, RETRY } from './icons.ts';
import { html, nothing, repeat, type TemplateResult } from './lit.ts';
import { duration, formatBytes, percent, rate } from './words.ts';

export interface UploadListProps {
  readonly uploads: readonly FileUpload[];
  readonly onCancel: (upload: FileUpload) => void;
  readonly onGoOn: (upload: FileUpload) => void;
  readonly onDismiss: (upload: FileUpload) => void;
}

/** What is on its way from this page to the bucket. */
export function uploadList(props: UploadListProps): TemplateResult | typeof nothing {
  if (props.uploads.length === 0) return nothing;
  return html`<section class="uploads" aria-labelledby="uploads-title">
    <h2 id="uploads-title">On their way</h2>
    <ul>
      ${repeat(
        props.uploads,
        (upload) => upload,
        (upload) => html`<li class="upload">${uploadItem(upload, props)}</li>`,
      )}
    </ul>
  </section>`;
}

function uploadItem(upload: FileUpload, props: UploadListProps): TemplateResult {
  const { key, file, state } = upload;
  const fraction = file.size === 0 ? undefined : upload.sentBytes / file.size;
  return html`<div class="upload-name"><span class="name">${key}</span> <span class="muted">${formatBytes(file.size)}</span></div>
    ${state === 'sending' || state === 'finishing' ? progressBar(fraction, `Sending ${key}`) : nothing}
    <div class="upload-words">${uploadWords(upload, fraction)}</div>
    <div class="upload-buttons">${uploadButtons(upload, props)}</div>`;
}

function uploadWords(upload: FileUpload, fraction = 1) {
  const { state, error, bytesPerSecond, timeLeft } = upload;
  switch (state) {
    case 'waiting':
      return 'Waits its turn';
    case 'sending':
      return [
        percent(fraction),
        ...(bytesPerSecond > 0 ? [rate(bytesPerSecond)] : []),
        ...(timeLeft === undefined ? [] : [`${duration(timeLeft)} left`]),
      ].join(' · ');
    case 'finishing':
      return 'Puts the parts together';
    case 'arrived':
      return 'In the bucket; its record appears in a moment';
    default:
      return html`<strong>${error?.nextStep ?? 'Go on when the connection is back.'}</strong> ${error?.message}`;
  }
}

function uploadButtons(upload: FileUpload, { onCancel, onGoOn, onDismiss }: UploadListProps) {
  const { key, state } = upload;
  const goOn = html`<button class="button" @click=${() => onGoOn(upload)}>${RETRY} Go on<span class="hidden"> with ${key}</span></button>`;
  const isOver = state === 'arrived';
  const end = isOver ? onDismiss : onCancel;
  return html`${state === 'stopped' ? goOn : nothing}
    <button class="button quiet" @click=${() => end(upload)}>${CLOSE} ${isOver ? 'Dismiss' : 'Cancel'}<span class="hidden"> ${key}</span></button>`;
}
