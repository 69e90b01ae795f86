import type { DropSummary } from '../summary.ts';
import type { FileUpload } from './file-upload.ts';
import { isSettled, STATUSES } from './statuses.ts';

/** Long enough that simultaneous events are announced together. */
const GATHER_MS = 1500;
/** More events than that are announced as numbers. */
const MOST_BY_NAME = 3;

/** Tells screen readers what has changed: each change where there are few, numbers where there are many. */
export class Announcer {
  readonly #region: HTMLElement;
  readonly #waiting: string[] = [];
  #settled: DropSummary[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param region an element with aria-live */
  constructor(region: HTMLElement) {
    this.#region = region;
  }

  say(text: string): void {
    this.#waiting.push(text);
    this.#timer ??= setTimeout(() => this.#speak(), GATHER_MS);
  }

  /** Of drops with a new status, only settled ones are of interest to everyone. */
  moved(summaries: readonly DropSummary[]): void {
    const settled = summaries.filter(({ status }) => isSettled(status));
    if (settled.length === 0) return;
    this.#settled.push(...settled);
    this.#timer ??= setTimeout(() => this.#speak(), GATHER_MS);
  }

  #speak(): void {
    const settled = this.#settled;
    this.#settled = [];
    this.#timer = undefined;
    const changes = settled.length <= MOST_BY_NAME ? settled.map(sentence) : numbers(settled);
    this.#region.textContent = [...this.#waiting.splice(0), ...changes].join(' ');
  }
}

function sentence({ key, target, status, error }: DropSummary): string {
  const why = status === 'failed' && error !== undefined ? `: ${error.message}` : '.';
  return `${key} at ${target} is ${STATUSES[status].label.toLowerCase()}${why}`;
}

function numbers(settled: readonly DropSummary[]): string[] {
  const groups = Map.groupBy(settled, ({ status }) => status);
  return Array.from(groups, ([status, { length }]) => `${length} drops are ${STATUSES[status].label.toLowerCase()}.`);
}

/** How the way of a file to the bucket has ended. */
export function endOf({ key, state, error }: FileUpload): string {
  if (state === 'arrived') return `${key} has arrived in the bucket.`;
  if (state === 'cancelled') return `${key} was given up.`;
  return `${key} stopped: ${error?.message}`;
}
