import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const DOCS = join(import.meta.dirname, '../../docs');
const text = readFileSync(join(DOCS, 'security.md'), 'utf8');
const rows = text.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| promise'));

describe('the page on security', () => {
  test.each(rows)('names where it is shown: %s', (row) => {
    const links = Array.from(row.matchAll(/\]\(([^)]+)\)/g), ([, path = '']) => path);
    // A row that says "the same" has its link above.
    expect(links.length > 0 || row.includes('| the same')).toBe(true);
    expect(links.filter((path) => !existsSync(join(DOCS, path)))).toEqual([]);
  });
});
