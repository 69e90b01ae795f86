/** The sections of docs/runbook.md that alarms lead to, by what has happened. */
export const RUNBOOK_SECTIONS = {
  deadLetters: 'dead-letters',
  oldestMessage: 'oldest-message',
  functionErrors: 'function-errors',
  throttles: 'throttles',
  reconcileErrors: 'reconcile-errors',
  reconcileFindings: 'reconcile-findings',
  reconcileStopped: 'reconcile-stopped',
  targetPaused: 'target-paused',
} as const;

export type RunbookSection = keyof typeof RUNBOOK_SECTIONS;

/** Where the page lies in the package. */
export const RUNBOOK_PAGE = 'docs/runbook.md';

/** @param page address of the runbook */
export function runbookLink(page: string, section: RunbookSection): string {
  return `${page}#${RUNBOOK_SECTIONS[section]}`;
}
