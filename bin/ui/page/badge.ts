import type { RecordStatus } from '../../../lambda/model/record.ts';
import { STATUS_ICONS } from './icons.ts';
import { html, type TemplateResult } from './lit.ts';
import { STATUSES } from './statuses.ts';

/** A status by colour, icon and word. */
export function badge(status: RecordStatus, waiting: string | undefined): TemplateResult {
  if (waiting !== undefined) {
    return html`<span class="badge tone-waiting" title=${waiting}>${STATUS_ICONS.waiting} Waiting</span>`;
  }
  const { label, tone } = STATUSES[status];
  return html`<span class="badge tone-${tone}">${STATUS_ICONS[status]} ${label}</span>`;
}

/** @param fraction undefined: unknown */
export function progressBar(fraction: number | undefined, label: string): TemplateResult {
  return fraction === undefined
    ? html`<progress aria-label=${label}></progress>`
    : html`<progress aria-label=${label} max="1" .value=${fraction}></progress>`;
}
