import { describe, expect, test } from '@jest/globals';
import { fileLayer, MAX_FILE_BYTES } from '../../lambda/metadata/yaml-file.ts';
import { failure } from '../support/outcome.ts';

/** The slowest file that fits takes a second or two; a bomb that went off would take years. */
const ENOUGH_CPU_MS = 60_000;

const file = (text: string) => ({ name: 'imagedrop.yaml', size: Buffer.byteLength(text), bytes: Buffer.from(text) });

const lines = (count: number, line: (index: number) => string) => Array.from({ length: count }, (_, i) => line(i));
const nine = (index: number) => Array(9).fill(`*a${index}`).join(',');

const BOMBS: readonly (readonly [string, string])[] = [
  [
    'nine to the power of twelve laughs',
    ['a0: &a0 x', ...lines(12, (i) => `a${i + 1}: &a${i + 1} [${nine(i)}]`)].join('\n'),
  ],
  [
    'the same by merged mappings',
    ['a0: &a0 {x: 1}', ...lines(12, (i) => `a${i + 1}: &a${i + 1} {<<: [${nine(i)}]}`)].join('\n'),
  ],
  ['a list in itself', 'tags: &a [*a]'],
  ['a mapping in itself', 'properties: &a {b: *a}'],
  ['a name that is an alias', 'name: &a N\n? *a\n: x'],
  ['thirty thousand brackets', '['.repeat(30_000) + ']'.repeat(30_000)],
  ['thirty thousand brackets where text is asked for', `name: ${'['.repeat(30_000)}${']'.repeat(30_000)}`],
  ['ten thousand braces', `${'{a: '.repeat(10_000)}1${'}'.repeat(10_000)}`],
  ['thirty thousand dashes', '- '.repeat(30_000)],
  ['thirty thousand question marks', '? '.repeat(30_000)],
  ['ten thousand names', lines(10_000, (i) => `${i}:`).join('\n')],
  ['ten thousand properties', `properties: {${lines(9000, (i) => `${i}: `).join(',')}}`],
  ['ten thousand documents', '---\nname: N\n'.repeat(5000)],
  ['two thousand anchors', lines(2200, (i) => `k${i}: &b${i} v\nr${i}: *b${i}`).join('\n')],
  ['a tag that makes bytes', 'name: !!binary SGVsbG8='],
  ['a tag that makes an object', 'properties: !!js/function "x"'],
  ['a tag of its own', '%TAG ! tag:evil,2000:\n---\nname: !x N'],
];

describe('a metadata file that is a bomb', () => {
  test.each(BOMBS)('of %s is refused at once, in a short sentence', async (_what, text) => {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_FILE_BYTES);
    const began = process.threadCpuUsage();
    const { code, message } = await failure(() => fileLayer(file(text)));
    expect(process.threadCpuUsage(began).user / 1000).toBeLessThan(ENOUGH_CPU_MS);
    expect(code).toBe('bad-metadata');
    expect(message).toMatch(/^imagedrop\.yaml(, line \d+, column \d+)?: /);
    expect(message.length).toBeLessThan(300);
  });
});
