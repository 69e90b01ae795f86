import type { IndexState } from '../record-index.ts';
import { type DropTableProps, dropTable } from './drop-table.ts';
import { type FiltersProps, filters } from './filters.ts';
import { html, nothing, type TemplateResult } from './lit.ts';
import { count } from './words.ts';

export interface ListPageProps extends DropTableProps, FiltersProps {
  readonly total: number;
  readonly state: IndexState;
  readonly bucket: string;
}

/** All drops, or what became of the search for some. */
export function listPage(props: ListPageProps): TemplateResult {
  const { total, drops, state } = props;
  if (total === 0) return html`<div class="empty" role="status">${emptyWords(props)}</div>`;
  return html`<section class="drops" aria-labelledby="drops-title">
    <div class="drops-head"><h2 id="drops-title">Drops</h2>${reading(state)}</div>
    ${filters(props)}
    ${drops.length === 0 ? noMatch(props) : dropTable(props)}
  </section>`;
}

function emptyWords({ state: { total }, bucket }: ListPageProps) {
  if (total === undefined) return 'Looking for drops …';
  if (total > 0) return 'Reading …';
  return html`<p>Nothing was dropped yet. What you drop is listed here, with all that becomes of it.</p>
    <p>Any S3 client can drop, too: <code>aws s3 cp FILE s3://${bucket}/</code></p>`;
}

function reading({ total = 0, unread }: IndexState) {
  return unread === 0
    ? nothing
    : html`<p class="muted" role="status">Reading ${count(total - unread)} of ${count(total)} …</p>`;
}

function noMatch({ view, onView }: ListPageProps): TemplateResult {
  const all = () => onView({ ...view, query: '', group: 'all' });
  return html`<p class="empty" role="status">No drop is like that. <button class="button" @click=${all}>Show all</button></p>`;
}
