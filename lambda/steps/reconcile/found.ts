import { asImageDropError } from '../../model/errors.ts';
import type { Finding } from '../../model/reconciliation.ts';
import type { QueueStage } from '../../model/record.ts';
import type { Page } from './ports.ts';

/** A finding, and what corrects it. */
export interface Found {
  readonly finding: Finding;
  /** @returns false when it was corrected meanwhile; absent when only a person can correct it. */
  readonly correct?: () => Promise<boolean>;
  /** The drop that is sent round by it, which no later look must send again. */
  readonly sends?: string;
}

/** The result of one page. */
export interface Look {
  readonly listed: number;
  readonly found: readonly Found[];
  /** Something waits in a long queue or is held: it may be late, not lost, and has to be looked at again. */
  readonly leftOut: boolean;
  readonly next?: string;
}

/** Requests to S3 at a time: enough to hide its latency. */
const AT_A_TIME = 16;

type Result = readonly Found[] | 'left-out';

/**
 * Looks at each item of a page. One that cannot be looked at becomes a finding of its own, and holds nothing else up.
 * @param subjectOf names an item for people
 */
export async function lookAtEach<Item>(
  page: Page<Item>,
  subjectOf: (item: Item) => string,
  look: (item: Item) => Promise<Result>,
): Promise<Look> {
  const results = await inTurns(page.items, (item) =>
    look(item).catch((thrown) => unreadable(subjectOf(item), thrown)),
  );
  const found = results.flatMap((result) => (result === 'left-out' ? [] : result));
  return {
    listed: page.items.length,
    found,
    leftOut: results.includes('left-out') || found.some(({ finding }) => mayBeSeenLater(finding)),
    ...(page.next !== undefined && { next: page.next }),
  };
}

/** Works on a few items at a time. */
export async function inTurns<Item, T>(items: readonly Item[], work: (item: Item) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let from = 0; from < items.length; from += AT_A_TIME) {
    results.push(...(await Promise.all(items.slice(from, from + AT_A_TIME).map(work))));
  }
  return results;
}

export function unreadable(subject: string, thrown: unknown): readonly Found[] {
  const { code, message } = asImageDropError(thrown);
  return [{ finding: { kind: 'unreadable', subject, why: message, code } }];
}

/** Where AWS did not answer, the next pass looks again; what cannot be read stays so, and must not hold up the window. */
const mayBeSeenLater = ({ kind, code }: Finding): boolean => kind === 'unreadable' && code === 'aws-unavailable';

export type Waiting = Readonly<Record<QueueStage, number>>;

/** More messages than a stage works on in a moment: what waits behind them is late, not lost. */
const LONG_QUEUE = 100;

export const isBehind = (stage: QueueStage, waiting: Waiting): boolean => waiting[stage] > LONG_QUEUE;
