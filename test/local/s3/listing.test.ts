import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ListingPage, type ListingQuery, listPage } from '../../../local/s3/listing.ts';
import { compareKeys, SortedKeys } from '../../../local/s3/sorted-keys.ts';

/** Few different characters, so that prefixes and delimiters meet often; among them those that UTF-16 orders wrongly. */
const key = fc.string({ unit: fc.constantFrom('a', 'b', '/', '\u{1f4bf}', '\uff5e', 'é'), minLength: 1, maxLength: 5 });

describe('the order of keys', () => {
  test('is that of their bytes in UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  test('holds whatever is added and deleted', () => {
    fc.assert(
      fc.property(fc.array(key), fc.array(key), (added, deleted) => {
        const keys = new SortedKeys();
        for (const it of added) keys.add(it);
        for (const it of deleted) keys.delete(it);
        const expected = [...new Set(added)].filter((it) => !deleted.includes(it)).sort(byBytes);
        expect(Array.from({ length: keys.length }, (_, index) => keys.at(index))).toEqual(expected);
      }),
    );
  });
});

describe('a listing', () => {
  test('read page by page gives what one look at all keys gives', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(key, { maxLength: 40 }),
        fc.constantFrom('', 'a', 'a/', '/'),
        fc.constantFrom('', '/', 'b', 'é/'),
        fc.integer({ min: 1, max: 5 }),
        (all, prefix, delimiter, maxItems) => {
          const listed = pages(sorted(all), { prefix, delimiter, maxItems, after: '' });
          expect(listed).toEqual(atOnce(all, prefix, delimiter));
        },
      ),
    );
  });

  test('begins behind a key that need not exist', () => {
    const { items } = listPage(sorted(['a', 'b', 'c']), (it) => [it], query({ after: 'aa' }));
    expect(items).toEqual(['b', 'c']);
  });

  test('leaves out a common prefix under which nothing is left', () => {
    const deleted = new Set(['a/1', 'a/2', 'b/1']);
    const itemsOf = (it: string) => (deleted.has(it) ? [] : [it]);
    const page = listPage(sorted(['a/1', 'a/2', 'b/1', 'b/2']), itemsOf, query({ delimiter: '/' }));
    expect(page.commonPrefixes).toEqual(['b/']);
  });

  test('of no items is not truncated', () => {
    expect(listPage(sorted(['a']), (it) => [it], query({ maxItems: 0 }))).toMatchObject({
      items: [],
      truncated: false,
    });
  });

  test('of 100,000 keys looks only at what it shows', () => {
    const keys = sorted(Array.from({ length: 100_000 }, (_, i) => `folder-${i % 10}/object-${i}`));
    let looks = 0;
    const itemsOf = (it: string) => {
      looks++;
      return [it];
    };
    expect(listPage(keys, itemsOf, query({ delimiter: '/' })).commonPrefixes).toHaveLength(10);
    expect(listPage(keys, itemsOf, query({ prefix: 'folder-7/' })).items).toHaveLength(1000);
    expect(looks).toBeLessThanOrEqual(10 + 1001);
  });
});

function query(change: Partial<ListingQuery>): ListingQuery {
  return { prefix: '', delimiter: '', after: '', maxItems: 1000, ...change };
}

function sorted(all: readonly string[]): SortedKeys {
  const keys = new SortedKeys();
  for (const it of all) keys.add(it);
  return keys;
}

function pages(keys: SortedKeys, first: ListingQuery): string[] {
  const names: string[] = [];
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: ListingPage<string> = listPage(keys, (it) => [it], { ...first, after });
    names.push(...page.items, ...page.commonPrefixes);
    expect(page.items.length + page.commonPrefixes.length).toBeLessThanOrEqual(first.maxItems);
    after = page.truncated ? page.last?.name : undefined;
  }
  return names.sort(byBytes);
}

function atOnce(all: readonly string[], prefix: string, delimiter: string): string[] {
  const names = all
    .filter((it) => it.startsWith(prefix))
    .map((it) => {
      const at = delimiter === '' ? -1 : it.indexOf(delimiter, prefix.length);
      return at < 0 ? it : it.slice(0, at + delimiter.length);
    });
  return [...new Set(names)].sort(byBytes);
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
