import { type Rows, visibleRows } from './virtual-rows.ts';

/** In rem, so that rows grow with the text; style.css has the same. */
const ROW_REM = 3.75;
const CARD_REM = 7;
/** Narrower than this, rows are cards; style.css has the same. */
const NARROW = matchMedia('(max-width: 46rem)');

/** The position of the list in the window. */
export class ListScroll {
  #rows: Rows = { from: 0, to: 40 };
  #rowHeight: number | undefined;

  /** Pixels; asked of the browser anew when the window or the size of the text changes. */
  get rowHeight(): number {
    this.#rowHeight ??= measuredRow();
    return this.#rowHeight;
  }

  forget(): void {
    this.#rowHeight = undefined;
  }

  get rows(): Rows {
    return this.#rows;
  }

  /** Looks again. @returns whether other rows have to be drawn */
  measure(total: number): boolean {
    const top = -(document.getElementById('rows')?.getBoundingClientRect().top ?? 0);
    const rows = visibleRows(total, this.rowHeight, top, innerHeight);
    const isSame = rows.from === this.#rows.from && rows.to === this.#rows.to;
    this.#rows = rows;
    return !isSame;
  }

  /** Brings a row into the window, clear of the head that stays at its upper edge. */
  reveal(index: number): void {
    const body = document.getElementById('rows');
    if (body === null) return;
    const head = document.querySelector('.table-head')?.getBoundingClientRect().height ?? 0;
    const top = body.getBoundingClientRect().top + index * this.rowHeight;
    const bottom = top + this.rowHeight;
    if (top < head) scrollBy({ top: top - head, behavior: 'instant' });
    else if (bottom > innerHeight) scrollBy({ top: bottom - innerHeight, behavior: 'instant' });
  }
}

function measuredRow(): number {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  return Math.round((NARROW.matches ? CARD_REM : ROW_REM) * rem);
}
