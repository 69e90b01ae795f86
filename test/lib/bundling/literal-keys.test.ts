import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { withLiteralKeys } from '../../../lib/bundling/literal-keys.ts';
import { loaded } from './loaded.ts';

const require = createRequire(import.meta.url);

test('a key that is a constant stands in its own place, and nothing else changes', () => {
  const text = `const _h = "http";
const _q = "a \\"b\\"";
export const a = [_h, { [_h]: ["GET", 200], [_q]: 1 }, { [_q]: _h, [other]: [_h] }, list[_h]];`;
  expect(withLiteralKeys(text)).toBe(`const _h = "http";
const _q = "a \\"b\\"";
export const a = [_h, { "http": ["GET", 200], "a \\"b\\"": 1 }, { "a \\"b\\"": _h, [other]: [_h] }, list[_h]];`);
});

describe('the schemas of the SDK', () => {
  test.each(['s3', 'sqs', 'sns', 'secrets-manager'])('say the same of %s with literal keys', async (client) => {
    const path = join(dirname(require.resolve(`@aws-sdk/client-${client}`)), '../dist-es/schemas/schemas_0.js');
    const text = readFileSync(path, 'utf8');
    const lean = withLiteralKeys(text);
    expect(lean).not.toMatch(/[{,] *\[_\w+\]:/);
    expect(await meaning(lean, dirname(path))).toEqual(await meaning(text, dirname(path)));
  });
});

/** What a module exports, with each function that names another schema in place of itself. */
async function meaning(contents: string, resolveDir: string): Promise<unknown> {
  const exports = await loaded(contents, resolveDir);
  return JSON.parse(JSON.stringify(exports, (_, value) => (typeof value === 'function' ? `${value}` : value)));
}
