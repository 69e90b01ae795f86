import type { View } from './drop-store.ts';
import { SEARCH } from './icons.ts';
import { html, nothing, type TemplateResult } from './lit.ts';
import { GROUP_LABELS, GROUPS, type Group } from './statuses.ts';
import { count } from './words.ts';

export interface FiltersProps {
  readonly view: View;
  readonly counts: Readonly<Record<Group, number>>;
  readonly onView: (view: View) => void;
}

/** What narrows the list. */
export function filters({ view, counts, onView }: FiltersProps): TemplateResult {
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
  if (group === 'superseded' && howMany === 0 && view.group !== group) return nothing;
  const isAlarming = group === 'failed' && howMany > 0;
  return html`<button class="chip ${isAlarming ? 'is-alarming' : ''}" aria-pressed=${view.group === group}
    @click=${() => onView({ ...view, group })}>${GROUP_LABELS[group]} <span class="count">${count(howMany)}</span></button>`;
}
