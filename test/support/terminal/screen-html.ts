import type { Run } from './screen.ts';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** The lines of a screen as what stands in a `<pre>`; each style is a class. */
export const screenHtml = (lines: readonly (readonly Run[])[]): string =>
  lines.map((runs) => runs.map(spanOf).join('')).join('\n');

function spanOf({ text, style: { isBold, isDim, colour } }: Run): string {
  const shown = text.replace(/[&<>]/g, (character) => ESCAPES[character] ?? '');
  const classes = [isBold && 'bold', isDim && 'dim', colour].filter((name) => name !== undefined);
  return classes.length === 0 ? shown : `<span class="${classes.join(' ')}">${shown}</span>`;
}
