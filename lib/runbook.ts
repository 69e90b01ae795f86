/** The sections of docs/runbook.md that alarms lead to, by what has happened. */
export const RUNBOOK_SECTIONS = {
  deadLetters: 'dead-letters',
  oldestMessage: 'oldest-message',
  functionErrors: 'function-errors',
  reconcileErrors: 'reconcile-errors',
  targetPaused: 'target-paused',
} as const;

export type RunbookSection = keyof typeof RUNBOOK_SECTIONS;

/** The path of the page in the package. */
export const RUNBOOK_PAGE = 'docs/runbook.md';

/** @param page address of the runbook */
export function runbookLink(page: string, section: RunbookSection): string {
  return `${page}#${RUNBOOK_SECTIONS[section]}`;
}
