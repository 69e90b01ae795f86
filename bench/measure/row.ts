import type { Summary } from './samples.ts';

/** One line of the table. */
export interface Row {
  readonly measure: string;
  readonly who: string;
  readonly unit: string;
  readonly value: Summary;
  /** Ours to this one's, so that more is better. Absent in our own lines. */
  readonly ratio?: number;
  readonly goal?: string;
  /** Absent where there is no goal. */
  readonly met?: boolean;
  /**
   * Whether falling short fails the run: only what the machine's other work cannot bring about.
   * @default false
   */
  readonly binding?: boolean;
}

export interface Part {
  readonly rows: readonly Row[];
  /** What was left out, and other words. */
  readonly notes?: readonly string[];
  /** For the result file. */
  readonly details?: unknown;
}
