import type { Finding, FindingKind } from '../../lambda/model/reconciliation.ts';
import type { ReconcileReport } from '../../lambda/steps/reconcile/reconcile.ts';
import { printable } from '../printable.ts';

/** What was done, and what a dry run would have done. */
const WORDS: Readonly<Record<FindingKind, readonly [done: string, wouldBe: string]>> = {
  'taken-up': ['processed', 'would be processed'],
  'sent-again': ['sent again', 'would be sent again'],
  'without-progress': ['without progress', 'without progress'],
  'dead-letter-settled': ['settled as failed', 'would be settled as failed'],
  'dead-letter-unread': ['unreadable dead letter', 'unreadable dead letter'],
  'orphaned-image': ['image without a record', 'image without a record'],
  'orphaned-image-deleted': ['image deleted', 'image would be deleted'],
  unreadable: ['could not be read', 'could not be read'],
  'not-corrected': ['could not be corrected', 'could not be corrected'],
};

/** What `imagedrop reconcile` prints for people. */
export function report({ dryRun, complete, run }: ReconcileReport): string {
  const { drops, records, images, deadLetters } = run.counts;
  const looked = `Looked at ${drops} drops, ${records} records, ${images} images and ${deadLetters} dead letters.`;
  const rest = complete ? [] : ['The run was over before the end; the next one goes on from there.'];
  return `${[...findings(run.findings, dryRun), looked, ...totals(run.counts.findings, dryRun), ...rest].join('\n')}\n`;
}

const wordsFor = (kind: FindingKind, dryRun: boolean): string => WORDS[kind][dryRun ? 1 : 0];

const findings = (all: readonly Finding[], dryRun: boolean): string[] =>
  all.map(({ kind, subject, why }) => `${printable(subject)}: ${wordsFor(kind, dryRun)}. ${printable(why)}`);

function totals(counts: ReconcileReport['run']['counts']['findings'], dryRun: boolean): string[] {
  const kinds = Object.entries(counts) as [FindingKind, number][];
  if (kinds.length === 0) return ['Nothing was amiss.'];
  return kinds.map(([kind, count]) => `${count} × ${wordsFor(kind, dryRun)}`);
}
