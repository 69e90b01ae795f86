/** Rows beyond the edges, so that a quick scroll shows no gap. */
const OVERSCAN_ROWS = 8;

export interface Rows {
  /** The first row that is drawn. */
  readonly from: number;
  /** The row behind the last. */
  readonly to: number;
}

/**
 * Which rows of a long list have to be there.
 * @param top how far the list's upper edge is above the upper edge of the window, in pixels; negative where it is below
 */
export function visibleRows(total: number, rowHeight: number, top: number, windowHeight: number): Rows {
  const first = Math.floor(top / rowHeight) - OVERSCAN_ROWS;
  const last = Math.ceil((top + windowHeight) / rowHeight) + OVERSCAN_ROWS;
  return { from: clamp(first, total), to: clamp(last, total) };
}

const clamp = (row: number, total: number): number => Math.min(Math.max(row, 0), total);

/** The rows of a window, and the one that has the focus wherever it is: a row that goes away would take the focus along. */
export function rowIndexes({ from, to }: Rows, focused: number): number[] {
  const rows = Array.from({ length: to - from }, (_, index) => from + index);
  if (focused < 0 || (focused >= from && focused < to)) return rows;
  return focused < from ? [focused, ...rows] : [...rows, focused];
}
