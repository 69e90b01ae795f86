import { describe, expect, test } from '@jest/globals';
import { cloudNamed } from '../../lambda/clouds/clouds-yaml.ts';
import { parseYaml } from '../../lambda/clouds/yaml-document.ts';
import { failure } from '../support/outcome.ts';

/** AWS Secrets Manager, "Quotas": a secret has at most 65,536 bytes. */
const MAX_SECRET_BYTES = 65_536;
/** Such a text takes a few hundred milliseconds; a bomb that went off would take years. */
const ENOUGH_CPU_MS = 60_000;

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
  ['a list in itself', 'a: &a [*a]'],
  ['a mapping in itself', 'a: &a {b: {c: *a}}'],
  ['a mapping merged with itself', 'a: &a {<<: *a}'],
  ['thirty thousand brackets', '['.repeat(30_000) + ']'.repeat(30_000)],
  ['ten thousand braces', `${'{a: '.repeat(10_000)}1${'}'.repeat(10_000)}`],
  ['thirty thousand question marks', '? '.repeat(30_000)],
];

describe('a clouds.yaml that is a bomb', () => {
  test.each(BOMBS)('of %s is refused at once, and none of it is shown', async (_what, text) => {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_SECRET_BYTES);
    const began = process.threadCpuUsage();
    const { code, message } = await failure(() => parseYaml(text, 'clouds.yaml'));
    expect(process.threadCpuUsage(began).user / 1000).toBeLessThan(ENOUGH_CPU_MS);
    expect(code).toBe('bad-clouds-yaml');
    expect(message.length).toBeLessThan(200);
  });

  test('of as many anchors as there is room for takes no longer', () => {
    const count = 2200;
    const text = [...lines(count, (i) => `k${i}: &b${i} v`), ...lines(count, (i) => `r${i}: *b${i}`)].join('\n');
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_SECRET_BYTES);
    const began = process.threadCpuUsage();
    expect(Object.keys(Object(parseYaml(text, 'clouds.yaml')))).toHaveLength(2 * count);
    expect(process.threadCpuUsage(began).user / 1000).toBeLessThan(ENOUGH_CPU_MS);
  });

  test('of prototype keys is a document like any other', async () => {
    const text = 'clouds: {__proto__: {auth: {password: x}}, constructor: {auth: {}}}\n__proto__: {polluted: yes}\n';
    const { code } = await failure(() => cloudNamed(text, 'toString'));
    expect(code).toBe('no-such-cloud');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect((await failure(() => cloudNamed('clouds: {a: {__proto__: {auth: {}}}}', 'a'))).code).toBe('bad-clouds-yaml');
  });
});
