import type { DropSummary } from '../summary.ts';
import { dropRow } from './drop-row.ts';
import type { SortKey, View } from './drop-store.ts';
import { DOWN, UP } from './icons.ts';
import { html, nothing, repeat, type TemplateResult } from './lit.ts';
import { type Rows, rowIndexes } from './virtual-rows.ts';

export interface DropTableProps {
  readonly drops: readonly DropSummary[];
  readonly rows: Rows;
  /** Pixels. */
  readonly rowHeight: number;
  /** The row that Tab reaches, and where arrow keys begin. */
  readonly current: number;
  readonly view: View;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly onView: (view: View) => void;
  readonly onKey: (event: KeyboardEvent) => void;
  readonly onFocus: (index: number) => void;
}

const COLUMNS: readonly [label: string, sort?: SortKey][] = [
  ['Status', 'status'],
  ['Name', 'name'],
  ['Target'],
  ['Progress'],
  ['Format'],
  ['Size', 'size'],
  ['Age', 'age'],
];

/** A list of any length. Only its visible part is in the document. */
export function dropTable(props: DropTableProps): TemplateResult {
  const { drops, rows, rowHeight, current, onKey } = props;
  const indexes = rowIndexes(rows, Math.min(current, drops.length - 1));
  return html`<div class="table" role="table" aria-label="Drops" aria-rowcount=${drops.length + 1} aria-colcount=${COLUMNS.length}>
    <div class="table-head" role="rowgroup">
      <div class="row" role="row" aria-rowindex="1">${COLUMNS.map(([label, sort]) => columnHead(label, sort, props))}</div>
    </div>
    <div class="table-body" role="rowgroup" id="rows" @keydown=${onKey}
      .style=${`height: ${drops.length * rowHeight}px`}>
      ${repeat(
        indexes,
        (index) => drops[index]?.record,
        (index) => rowAt(index, props),
      )}
    </div>
  </div>`;
}

function rowAt(index: number, { drops, rowHeight, current, now, onFocus }: DropTableProps) {
  const drop = drops[index];
  if (drop === undefined) return nothing;
  const isCurrent = index === Math.min(Math.max(current, 0), drops.length - 1);
  return html`<div class="row drop" role="row" aria-rowindex=${index + 2} data-index=${index}
    .style=${`transform: translateY(${index * rowHeight}px)`} @focusin=${() => onFocus(index)}>
    ${dropRow(drop, isCurrent, now)}
  </div>`;
}

function columnHead(label: string, sort: SortKey | undefined, { view, onView }: DropTableProps) {
  if (sort === undefined) return html`<div role="columnheader">${label}</div>`;
  const isSorted = view.sort === sort;
  const direction = view.descending ? 'descending' : 'ascending';
  const turn = () => onView({ ...view, sort, descending: isSorted ? !view.descending : sort === 'size' });
  return html`<div role="columnheader" aria-sort=${isSorted ? direction : 'none'}>
    <button class="sort" @click=${turn}>${label}${isSorted ? (view.descending ? DOWN : UP) : nothing}</button>
  </div>`;
}
