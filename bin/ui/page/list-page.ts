import type { IndexState } from '../record-index.ts';
import type { View } from './drop-store.ts';
import { type DropTableProps, dropTable } from './drop-table.ts';
import { SEARCH } from './icons.ts';
import { html, nothing, type TemplateResult } from './lit.ts';
import { GROUP_LABELS, GROUPS, type Group } from './statuses.ts';
import { count } from './words.ts';

export interface ListPageProps extends DropTableProps, FiltersProps {
  readonly total: number;
  readonly state: IndexState;
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

function emptyWords({ state: { total } }: ListPageProps) {
  if (total === undefined) return 'Looking for drops …';
  if (total > 0) return 'Reading …';
  return html`<p>Nothing was dropped yet. What you drop is listed here, with all that becomes of it.</p>
    <p>A terminal can drop, too: <code>npx imagedrop drop FILE --wait</code></p>`;
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

interface FiltersProps {
  readonly view: View;
  readonly counts: Readonly<Record<Group, number>>;
  readonly onView: (view: View) => void;
}

/** What narrows the list. */
function filters({ view, counts, onView }: FiltersProps): TemplateResult {
  const search = ({ currentTarget }: Event) => onView({ ...view, query: (currentTarget as HTMLInputElement).value });
  return html`<div class="filters">
    <div class="chips" role="group" aria-label="Show">
      ${GROUPS.map((group) => chip(group, counts[group], view, onView))}
    </div>
    <label class="search">
      ${SEARCH}<span class="hidden">Search drops</span>
      <input type="search" id="search" placeholder="Name, target, format, image id, error …" .value=${view.query}
        aria-keyshortcuts="/" autocomplete="off" spellcheck="false" @input=${search} />
    </label>
  </div>`;
}

function chip(group: Group, howMany: number, view: View, onView: FiltersProps['onView']) {
  // Seldom, and of little interest where there are none.
  if (group === 'earlier' && howMany === 0 && view.group !== group) return nothing;
  const isAlarming = group === 'failed' && howMany > 0;
  return html`<button class="chip ${isAlarming ? 'is-alarming' : ''}" aria-pressed=${view.group === group}
    @click=${() => onView({ ...view, group })}>${GROUP_LABELS[group]} <span class="count">${count(howMany)}</span></button>`;
}
