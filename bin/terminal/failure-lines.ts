import { printable } from '../printable.ts';
import type { Style, Styler } from './styles.ts';

/** What did not become an image, and what is known of the reason. */
export interface Failure {
  readonly key: string;
  /** "failed", "refused" */
  readonly outcome: string;
  /** Of the outcome. */
  readonly style: Style;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly nextStep?: string | undefined;
  readonly cause?: string | undefined;
}

/** A paragraph: what came of it, why, and what to do; the next step is what the eye shall find. */
export function failureLines(failure: Failure, style: Styler): string {
  const { key, outcome, code, message, nextStep, cause } = failure;
  const came = style(failure.style, printable([outcome, code].filter((part) => part !== undefined).join('  ')));
  const lines = [
    `${printable(key)}  ${came}`,
    ...(message === undefined ? [] : [`    ${printable(message)}`]),
    ...(nextStep === undefined ? [] : [`    next   ${style('bold', printable(nextStep))}`]),
    ...(cause === undefined ? [] : [`    cause  ${printable(cause)}`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
