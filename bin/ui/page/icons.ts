import type { RecordStatus } from '../../../lambda/model/record.ts';
import { html, type TemplateResult } from './lit.ts';

/** Drawn on 16 × 16, in the colour of the text. They say nothing that the words beside them do not say. */
const icon = (path: string): TemplateResult =>
  html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d=${path}></path></svg>`;

export const STATUS_ICONS: Readonly<Record<RecordStatus | 'waiting', TemplateResult>> = {
  received: icon('M2 9.5h3l1.5 2h3l1.5-2h3M3.6 4 2 9.5V13h12V9.5L12.4 4M8 1.5v5M5.8 4.6 8 6.8l2.2-2.2'),
  unpacking: icon('M2.5 6.5h11v7h-11ZM8 9.5V2M5.4 4.4 8 1.8l2.6 2.6'),
  created: icon('M8 3v10M3 8h10'),
  uploading: icon('M8 12.5v-9M4.2 7.2 8 3.4l3.8 3.8'),
  processing: icon('M13.2 6.2A5.5 5.5 0 0 0 3.4 5M2.8 9.8A5.5 5.5 0 0 0 12.6 11M3.2 2.2V5H6M12.8 13.8V11H10'),
  active: icon('m3 8.6 3.3 3.3L13 4.6'),
  failed: icon('M8 4.2v4.6M8 11.6v.2M8 1.6 15 14H1Z'),
  superseded: icon('M3 8h9M8.6 4.4 12.2 8l-3.6 3.6M14.4 3.4v9.2'),
  waiting: icon('M5.6 3v10M10.4 3v10'),
};

export const SEARCH = icon('M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.8 10.8 14 14');
export const BACK = icon('M9.6 3 4.6 8l5 5');
export const CLOSE = icon('m4 4 8 8M12 4l-8 8');
export const RETRY = icon('M13.4 8A5.4 5.4 0 1 1 11.6 4M13.4 1.6v3.2h-3.2');
export const COPY = icon('M5.5 5.5V2.5h8v8h-3M2.5 5.5h8v8h-8Z');
export const SAVE = icon('M8 2.5v7.2M4.8 6.8 8 10l3.2-3.2M2.5 13.5h11');
export const WARNED = icon('M8 5v4M8 11.4v.2M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Z');
export const SKIPPED = icon('M4 8h8');
export const UP = icon('m4.5 9.5 3.5-4 3.5 4');
export const DOWN = icon('m4.5 6.5 3.5 4 3.5-4');

/** A drop that falls onto a disk. */
export const LOGO = html`<svg class="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
  <path class="logo-drop" d="M16 2.5c3.6 4.4 5.6 7.3 5.6 10a5.6 5.6 0 0 1-11.2 0c0-2.7 2-5.6 5.6-10Z"></path>
  <path class="logo-disk" d="M4 21.4c0-2 3-3.6 7.2-4.3M28 21.4c0-2-3-3.6-7.2-4.3M4 21.4C4 24 9.4 26 16 26s12-2 12-4.6M4 21.4v3.2c0 2.6 5.4 4.6 12 4.6s12-2 12-4.6v-3.2"></path>
</svg>`;
