import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ERROR_KINDS } from '../../lambda/model/errors.ts';
import { PAGES, textOf } from './commands/pages.ts';

interface Prose {
  /** "docs/record.md", as a finding names it. */
  readonly name: string;
  readonly text: string;
}

/** Keeps the lines, so that a finding has the line of the file. */
const blanked = (text: string): string => text.replaceAll(/[^\n]/g, ' ');

/** What the code writes into pages: messages and help texts are checked where they come from. */
const WRITTEN_BY_CODE = [
  /<!-- [^>]*written by[^>]*-->[\s\S]*?(?:<!-- end|$(?![\s\S]))/g,
  ...Object.values(ERROR_KINDS).map(({ nextStep }) => nextStep),
];
const CODE = [/^ *```[\s\S]*?^ *```$/gm, /`[^`\n]+`/g];

function proseOf(page: string): Prose {
  const parts = [...WRITTEN_BY_CODE, ...CODE];
  return { name: page, text: parts.reduce((text: string, part) => text.replaceAll(part, blanked), textOf(page)) };
}

const ROOT = join(import.meta.dirname, '../..');

/** Comments and literals of TypeScript: help texts, messages, log lines and docstrings. */
const COMMENT_OR_LITERAL = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g;

/** Only comments and literals, without the marks of comments: all else is blank, so that the lines stay. */
function proseInCode(name: string): Prose {
  const code = readFileSync(join(ROOT, name), 'utf8');
  let end = 0;
  const parts = Array.from(code.matchAll(COMMENT_OR_LITERAL), ({ 0: found, index }) => {
    const before = blanked(code.slice(end, index));
    end = index + found.length;
    return before + found.replaceAll(/^( *)(?:\/\*\*|\*\/|\*|\/\/)/gm, '$1  ');
  });
  return { name, text: parts.join('') };
}

const CODE_FOLDERS = ['bin', 'lambda', 'lib', 'local'];

const sourcesIn = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));

/** The first argument of `test` and `describe`, also behind the table of `each`. */
const TEST_NAME =
  /(?:\b(?:test|describe)|^\s*[\]}]*\))(?:\.each(?:<[^(]*>)?[^(\n]*(?:\([^\n]*\))?)?\(\s*('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)/gm;

function testNamesIn(name: string): Prose[] {
  const code = readFileSync(join(ROOT, name), 'utf8');
  return Array.from(code.matchAll(TEST_NAME), ([, text = '']) => ({ name: `${name} ${text}`, text }));
}

/** All texts that are held to the rules. */
const SCOPE: readonly Prose[] = [...PAGES, 'CHANGELOG.md'].map(proseOf);

/** A word or construction that a reader stumbles over, and what to write in its place. */
const RULES: readonly (readonly [RegExp, string])[] = [
  [/\bwhoever\b/gi, 'anyone who'],
  [/\bnobody\b/gi, 'no one, or name the actor'],
  [/\bso many\b/gi, 'the number'],
  [/\bby (?:itself|themselves)\b/gi, 'automatically, or independently'],
  [/\bmend(?:s|ed|ing)?\b/gi, 'fix or correct'],
  [/\b(?:said|told)\b/gi, 'a verb that names what happens'],
  [/\bstands\b(?! for\b)/gi, 'is'],
  [/\blies\b/gi, 'is'],
  [/\bbe it\b/gi, 'or'],
  [/\bdear(?:er|ly)?\b/gi, 'expensive'],
  [/\b(?:comes?|came) to\b/gi, 'is, or becomes'],
  [/\btak(?:en|es?|ing) up\b/gi, 'processed, or begun'],
  [/\btak(?:en|es?|ing) for\b/gi, 'treated as'],
  [/\b(?:goes|go|went) before\b/gi, 'takes precedence over'],
  [/\bof which\b/gi, 'two sentences'],
  [/\bwhat (?:has|had|have) become of\b/gi, 'the status of'],
  [/\bfor good\b/gi, 'permanently'],
  [/(?<!\bthere )\b(?:is|are|was|were) no (?!longer\b|more\b)\w+/gi, 'is not a'],
  [/\bwhat of\b/gi, 'all that, or the'],
];

function findingsIn({ name, text }: Prose): string[] {
  return RULES.flatMap(([pattern, instead]) => {
    // A phrase may go on in the next line.
    const spread = new RegExp(pattern.source.replaceAll(' ', '\\s+'), pattern.flags);
    return Array.from(text.matchAll(spread), ({ 0: found, index }) => {
      const line = text.slice(0, index).split('\n').length;
      return `${name}:${line} "${found.replace(/\s+/g, ' ')}": write ${instead}`;
    });
  });
}

test.each(CODE_FOLDERS)('comments, messages and help texts in %s/ are in plain English', (folder) => {
  const sources = sourcesIn(folder);
  expect(sources.length).toBeGreaterThan(10);
  expect(sources.map(proseInCode).flatMap(findingsIn)).toEqual([]);
});

test('names of tests are in plain English', () => {
  const names = sourcesIn('test').flatMap(testNamesIn);
  expect(names.length).toBeGreaterThan(2000);
  expect(names.flatMap(findingsIn)).toEqual([]);
});

describe('the documentation', () => {
  test.each(SCOPE.map((prose) => [prose.name, prose] as const))('of %s is in plain English', (_name, prose) => {
    expect(findingsIn(prose)).toEqual([]);
  });

  test.each([
    'Whoever has stood still since may not delete it.',
    'Nobody has the access key.',
    'What got lost is found by\nitself.',
    'One that goes before a remembered one.',
    'An image of which nobody knows.',
    'That is no disk image.',
    'The file stands in the bucket, and its copy lies elsewhere.',
    'It shows what of the record there is.',
  ])('would be found not to be: %s', (text) => {
    expect(findingsIn({ name: 'a.md', text })).not.toEqual([]);
  });

  test.each([
    'There is no way back.',
    'It is no longer needed.',
    'RAW stands for raw bytes.',
    'The metadata are understood.',
  ])('may say: %s', (text) => {
    expect(findingsIn({ name: 'a.md', text })).toEqual([]);
  });

  test('is found with its file and line', () => {
    expect(findingsIn({ name: 'a.md', text: 'One.\nIt runs by\nitself.' })).toEqual([
      'a.md:2 "by itself": write automatically, or independently',
    ]);
  });
});
