import { describe, expect, test } from '@jest/globals';
import { type JsonSchema, pathText, problemIn, problemWords } from '../../lambda/model/json-schema.ts';

const SCHEMA: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    count: { type: 'integer', minimum: 0, maximum: 5 },
    flag: { type: 'boolean' },
    kind: { enum: ['a', 'b'] },
    text: { type: 'string', minLength: 1, maxLength: 3, pattern: '^[^\\n]*$' },
    list: { type: 'array', items: { type: 'string', minLength: 1, maxLength: 2 }, maxItems: 2, uniqueItems: true },
    open: {
      type: 'object',
      propertyNames: { description: 'a short name', maxLength: 3, not: { enum: ['no'] } },
      additionalProperties: { type: ['string', 'number'], maxLength: 3 },
      maxProperties: 2,
    },
    anything: {},
  },
};

/** The place and the words of what is wrong. */
function wrongIn(value: unknown): string | undefined {
  const problem = problemIn(value, SCHEMA);
  return problem && `${pathText(problem.path)} ${problemWords(problem)}`;
}

describe('a value that the schema allows', () => {
  test.each([
    {},
    { count: 5, flag: false, kind: 'b', text: 'é😀x' },
    { list: ['a', 'b'] },
    { list: [] },
    { open: { a: 'x', b: 1 } },
    { anything: [{ deep: null }] },
  ])('is without a problem: %j', (value) => {
    expect(wrongIn(value)).toBeUndefined();
  });
});

describe('a value that it does not allow', () => {
  test.each([
    [[], ' must be a mapping of names to values, but is a list of 0'],
    [null, ' must be a mapping of names to values, but is empty'],
    [{ count: 6 }, 'count must be a whole number from 0 to 5, but is 6'],
    [{ count: 1.5 }, 'count must be a whole number from 0 to 5, but is 1.5'],
    [{ count: '1' }, 'count must be a whole number from 0 to 5, but is "1"'],
    [{ flag: 'yes' }, 'flag must be true or false, but is "yes"'],
    [{ flag: null }, 'flag must be true or false, but is empty'],
    [{ kind: 'c' }, 'kind must be one of a, b, but is "c"'],
    [{ text: '' }, 'text must be text of 1 to 3 characters in one line, without control characters, but is ""'],
    [
      { text: 'x\n' },
      'text must be text of 1 to 3 characters in one line, without control characters, but is "x\\u000a"',
    ],
    [
      { text: 4 },
      'text must be text of 1 to 3 characters in one line, without control characters (put it in quotes), but is 4',
    ],
    [{ text: {} }, 'text must be text of 1 to 3 characters in one line, without control characters, but is a mapping'],
    [{ list: 'a' }, 'list must be a list of texts, but is "a"'],
    [{ list: ['a', 'a'] }, 'list must be a list of at most 2, none of them twice, but is a list of 2'],
    [{ list: ['a', 'b', 'c'] }, 'list must be a list of at most 2, none of them twice, but is a list of 3'],
    [
      { list: ['a', 'long'] },
      'list[1] must be text of 1 to 2 characters in one line, without control characters, but is "long"',
    ],
    [{ open: { a: 'x', b: 'y', c: 'z' } }, 'open must be at most 2 names with values, but is a mapping'],
    [{ open: { long: 'x' } }, 'open.long is not a name that can stand here: use a short name'],
    [{ open: { no: 'x' } }, 'open.no is not a name that can stand here: use a short name'],
    [
      { open: { a: true } },
      'open.a must be text of 0 to 3 characters in one line, without control characters (put it in quotes), but is true',
    ],
    [{ cuont: 1 }, 'cuont is not a name that can stand here: use count, flag, kind, text, list, open, anything'],
  ])('%j', (value, words) => {
    expect(wrongIn(value)).toBe(words);
  });
});
