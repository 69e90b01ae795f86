import { printable, printableJson } from '../printable.ts';
import { type Style, type Styler, stylerFor } from '../terminal/styles.ts';
import type { Finding } from './finding.ts';

const STYLES: Readonly<Record<Finding['outcome'], Style>> = {
  ok: 'green',
  warning: 'yellow',
  failed: 'red',
  skipped: 'dim',
};

/** Wider than the longest outcome, and than most checks. */
const OUTCOME_CHARACTERS = 9;
const CHECK_CHARACTERS = 18;

/** A finding, below the name of its area where that is another than before. */
export function findingLines(
  { area, check, outcome, detail, nextStep }: Finding,
  before: Finding | undefined,
  style: Styler,
): string {
  const gap = before === undefined ? '' : '\n';
  const headline = before?.area === area ? [] : [`${gap}${style('bold', printable(area))}`];
  const indent = ' '.repeat(OUTCOME_CHARACTERS + CHECK_CHARACTERS + 2);
  const line = `  ${style(STYLES[outcome], outcome.padEnd(OUTCOME_CHARACTERS))}${printable(check).padEnd(CHECK_CHARACTERS)}${printable(detail)}`;
  const next = nextStep === undefined ? [] : [`${indent}next   ${style('bold', printable(nextStep))}`];
  return [...headline, line, ...next].map((each) => `${each}\n`).join('');
}

/** `14 ok, 1 warning` */
export function totals(findings: readonly Finding[]): string {
  const outcomes = ['failed', 'warning', 'skipped', 'ok'] as const;
  const counts = outcomes.map(
    (outcome) => [findings.filter((each) => each.outcome === outcome).length, outcome] as const,
  );
  const text = counts.filter(([count]) => count > 0).map(([count, outcome]) => `${count} ${outcome}`);
  return `\n${text.join(', ')}\n`;
}

/** Prints each finding as it comes, for a check may take a while. @returns all of them */
export async function showFindings(checks: AsyncIterable<Finding>, json: boolean): Promise<readonly Finding[]> {
  const style = stylerFor(process.stdout);
  const findings: Finding[] = [];
  for await (const finding of checks) {
    if (!json) process.stdout.write(findingLines(finding, findings.at(-1), style));
    findings.push(finding);
  }
  process.stdout.write(json ? `${printableJson(findings, 2)}\n` : totals(findings));
  return findings;
}
