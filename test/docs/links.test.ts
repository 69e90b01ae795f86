import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { PAGES, PROJECT, textOf } from './commands/pages.ts';

/** As GitHub makes an anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replaceAll(' ', '-');

const anchorsOf = (page: string): string[] =>
  Array.from(textOf(page).matchAll(/^#+ (.+)$/gm), ([, heading = '']) => anchorOf(heading));

/** The links of a page to files of the project, as they are written. */
const linksOf = (page: string): string[] =>
  Array.from(textOf(page).matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link).filter(
    (link) => !/^https?:/.test(link),
  );

function isThere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(join(PROJECT, file))) return false;
  return anchor === undefined || anchorsOf(file).includes(anchor);
}

describe('the links of the documentation', () => {
  test.each([...PAGES, 'CHANGELOG.md'])('of %s lead to files and headings that exist', (page) => {
    expect(linksOf(page).filter((link) => !isThere(page, link))).toEqual([]);
  });

  test('reach every page from the index', () => {
    const reached = new Set(linksOf('docs/README.md').map((link) => `docs/${link}`));
    const pages = PAGES.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md');
    expect(pages.filter((page) => !reached.has(page))).toEqual([]);
  });

  test.each(['nothing.md', 'record.md#nothing'])('would be seen to lead nowhere: %s', (link) => {
    expect(isThere('docs/README.md', link)).toBe(false);
  });
});
