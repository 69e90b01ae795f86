import type { DropSummary } from '../summary.ts';
import { badge, progressBar } from './badge.ts';
import type { SortKey, View } from './drop-store.ts';
import { DOWN, UP } from './icons.ts';
import { html, nothing, repeat, type TemplateResult } from './lit.ts';
import { dropPath } from './route.ts';
import { isMoving, isSettled, STATUSES } from './statuses.ts';
import { type Rows, rowIndexes } from './virtual-rows.ts';
import { age, dateTime, formatBytes, percent, rate, splitKey } from './words.ts';

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

/** The cells of a drop. @param isCurrent whether Tab reaches it */
function dropRow(drop: DropSummary, isCurrent: boolean, now: number): TemplateResult {
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
function secondLine({ status, error, waiting, warning, imageId }: DropSummary) {
  if (waiting !== undefined) return html`<span class="second">${waiting}</span>`;
  if (error !== undefined) {
    const again = isSettled(status) ? '' : ' It is tried again.';
    return html`<span class="second ${status === 'failed' ? 'bad' : ''}">${error.message}${again}</span>`;
  }
  if (warning !== undefined) return html`<span class="second">Warning: ${warning}</span>`;
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
