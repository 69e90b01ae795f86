import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { examine } from '../../lambda/formats/inspect.ts';
import { RAW_RULES } from '../../lambda/formats/raw/raw.ts';
import { bytesReader } from '../../lambda/formats/reading/reader.ts';
import { FORMATS } from '../../lambda/formats/registry.ts';

const PAGE = readFileSync(new URL('../../docs/formats.md', import.meta.url), 'utf8');
/** The tables of codes: refusals, and remarks. */
const ROW = /^\| `(?<code>[a-z-]+)` \| (?<what>[^|]+) \|/gm;
const SECTION = PAGE.slice(PAGE.indexOf('## Rejected files'), PAGE.indexOf('## Truncation'));
const documented = new Map(Array.from(SECTION.matchAll(ROW), ({ groups }) => [groups?.code, groups?.what]));

/** Of the checks of every file, by the report on one of no bytes, and of each format. */
async function codesInUse(): Promise<string[]> {
  const { checks } = await examine(bytesReader(Buffer.alloc(0)));
  const rules = [...checks, ...RAW_RULES, ...FORMATS.flatMap((format) => format.rules)];
  return [...new Set(rules.map(({ code }) => code))].sort();
}

describe('docs/formats.md', () => {
  test('has every code that a check can give, and no other', async () => {
    expect([...documented.keys()].sort()).toEqual(await codesInUse());
  });

  test('says what each of them means', () => {
    for (const [code, what] of documented)
      expect({ code, words: what?.split(' ').length }).not.toEqual({ code, words: 1 });
  });
});
