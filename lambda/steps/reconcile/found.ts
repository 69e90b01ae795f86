import type { Finding } from '../../model/reconciliation.ts';
import type { Page } from './ports.ts';

/** What a look has found, and what mends it. */
export interface Found {
  readonly finding: Finding;
  /** @returns false when it mended itself meanwhile; absent where only a person can. */
  readonly mend?: () => Promise<boolean>;
}

/** What one page came to. */
export interface Look {
  readonly listed: number;
  readonly found: readonly Found[];
  /** Something waits in a long queue or is held: it may be late, not lost, and has to be looked at again. */
  readonly leftOut: boolean;
  readonly next?: string;
}

/** Requests to S3 at a time: enough to hide its latency. */
const AT_A_TIME = 16;

/** What a look at each item of a page comes to. */
export async function lookAtEach<Item>(
  page: Page<Item>,
  look: (item: Item) => Promise<readonly Found[] | 'left-out'>,
): Promise<Look> {
  const results: (readonly Found[] | 'left-out')[] = [];
  for (let from = 0; from < page.items.length; from += AT_A_TIME) {
    results.push(...(await Promise.all(page.items.slice(from, from + AT_A_TIME).map(look))));
  }
  return {
    listed: page.items.length,
    found: results.flatMap((result) => (result === 'left-out' ? [] : result)),
    leftOut: results.includes('left-out'),
    ...(page.next !== undefined && { next: page.next }),
  };
}
