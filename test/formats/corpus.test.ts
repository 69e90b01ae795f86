import { describe, expect, test } from '@jest/globals';
import { inspect } from '../../lambda/formats/inspect.ts';
import { FORMATS } from '../../lambda/formats/registry.ts';
import { ImageDropError } from '../../lambda/model/errors.ts';
import { CORPUS, corpusEntries } from '../support/corpus/corpus.ts';
import { type CorpusEntry, fileOf, isAccepted } from '../support/corpus/entry.ts';

/** What inspection says, as the corpus writes it down. */
async function verdictOn(entry: CorpusEntry) {
  try {
    const { format, subformat, virtualSize, warnings = [] } = await inspect(fileOf(entry), entry.options);
    return { format, subformat, virtualSize, warnings };
  } catch (error) {
    if (error instanceof ImageDropError) return { code: error.code };
    throw error;
  }
}

function verdictExpectedOf(entry: CorpusEntry) {
  if (!isAccepted(entry)) return entry.expected;
  const { format, subformat, virtualSize, warning } = entry.expected;
  return { format, subformat, virtualSize, warnings: warning === undefined ? [] : [expect.stringContaining(warning)] };
}

describe.each(CORPUS)('$title', ({ entries }) => {
  const cases = entries.map((entry) => ({
    entry,
    says: `${entry.name} is ${isAccepted(entry) ? 'accepted' : 'refused'}`,
  }));

  test.each(cases)('$says', async ({ entry }) => {
    expect(await verdictOn(entry)).toEqual(verdictExpectedOf(entry));
  });
});

describe('the corpus', () => {
  test('gives each file a name of its own', () => {
    const names = CORPUS.flatMap(({ title, entries }) => entries.map(({ name }) => `${title} ${name}`));
    expect(new Set(names).size).toBe(names.length);
  });

  test('has files of every format that are accepted', () => {
    const formats = corpusEntries()
      .filter(isAccepted)
      .map(({ expected }) => expected.format);
    expect(new Set(formats)).toEqual(new Set([...FORMATS.map(({ name }) => name), 'raw']));
  });
});
