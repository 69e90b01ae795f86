import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const PROJECT = join(import.meta.dirname, '../../..');

/** The pages for people, as they are named in the project. */
export const PAGES: readonly string[] = [
  'README.md',
  ...readdirSync(join(PROJECT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** A fenced block of a page, without its indentation. */
export interface Block {
  readonly page: string;
  /** Of the fence that begins it, from 1. */
  readonly line: number;
  /** "sh", or "" where the fence names none. */
  readonly language: string;
  readonly text: string;
}

const FENCED = /^(?<indent> *)```(?<language>\w*)\n(?<text>[\s\S]*?)^\k<indent>```$/gm;

export const textOf = (page: string): string => readFileSync(join(PROJECT, page), 'utf8');

export function blocksOf(page: string, text = textOf(page)): Block[] {
  return Array.from(text.matchAll(FENCED), ({ index, groups = {} }) => {
    const { indent = '', language = '', text: body = '' } = groups;
    const line = text.slice(0, index).split('\n').length;
    return { page, line, language, text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), '') };
  });
}

/** The blocks of all pages in these languages. */
export const blocksIn = (...languages: string[]): Block[] =>
  PAGES.flatMap((page) => blocksOf(page)).filter(({ language }) => languages.includes(language));

/** What stands between backticks in the text of a page, outside of its blocks. */
export function inlineCode(text: string): string[] {
  const prose = text.replaceAll(FENCED, '');
  return Array.from(prose.matchAll(/`([^`\n]+)`/g), ([, code = '']) => code.replaceAll('\\|', '|'));
}
