import { CORPUS } from './corpus.ts';
import { type CorpusEntry, type CorpusGroup, isAccepted, warningsOf } from './entry.ts';

const START = '<!-- corpus: written by `npm run docs` -->';
const END = '<!-- end of the corpus -->';

/**
 * The page with the tables between its two marks made anew.
 * @throws Error when a mark is missing
 */
export function corpusPage(page: string): string {
  const [start, end] = [page.indexOf(START), page.indexOf(END)];
  if (start < 0 || end < start)
    throw new Error(`The page of the corpus lacks "${START}" and "${END}" around its tables.`);
  return `${page.slice(0, start + START.length)}\n\n${tables()}\n\n${page.slice(end)}`;
}

const tables = (): string => [counts(), ...CORPUS.map(table)].join('\n\n');

function counts(): string {
  const entries = CORPUS.flatMap((group) => group.entries);
  const accepted = entries.filter(isAccepted).length;
  return `${entries.length} files: ${accepted} are accepted, ${entries.length - accepted} refused.`;
}

function table({ title, entries }: CorpusGroup): string {
  const rows = entries.map((entry) => `| ${escaped(entry.name)} | ${verdict(entry)} |`);
  return [`| ${title} … | |`, '|---|---|', ...rows].join('\n');
}

const WITH_WARNINGS = ['', ', with a warning'];

const escaped = (name: string): string => name.replace(/[|\\<>*_]/g, '\\$&');

function verdict({ expected }: Pick<CorpusEntry, 'expected'>): string {
  if ('code' in expected) return `\`${expected.code}\``;
  const { format, subformat, virtualSize } = expected;
  const variant = subformat === undefined ? format : `${format} ${subformat}`;
  return `${variant}, ${virtualSize.toLocaleString('en-US')} bytes${WITH_WARNINGS[warningsOf(expected).length] ?? ', with warnings'}`;
}
