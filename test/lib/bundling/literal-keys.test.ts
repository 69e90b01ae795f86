import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { buildSync } from 'esbuild';
import { withLiteralKeys } from '../../../lib/bundling/literal-keys.ts';

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
  test.each(['s3', 'sqs', 'sns', 'secrets-manager'])('say the same of %s with literal keys', (client) => {
    const path = join(dirname(require.resolve(`@aws-sdk/client-${client}`)), '../dist-es/schemas/schemas_0.js');
    const text = readFileSync(path, 'utf8');
    const lean = withLiteralKeys(text);
    expect(lean).not.toMatch(/[{,] *\[_\w+\]:/);
    expect(meaning(lean, dirname(path))).toEqual(meaning(text, dirname(path)));
  });
});

/** What a module exports, with each function that names another schema in place of itself. */
function meaning(contents: string, resolveDir: string): unknown {
  const bundled = buildSync({
    stdin: { contents, resolveDir },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  });
  const module = { exports: {} };
  runInNewContext(bundled.outputFiles[0]?.text ?? '', { module, require, process, Buffer, console });
  return JSON.parse(JSON.stringify(module.exports, (_, value) => (typeof value === 'function' ? `${value}` : value)));
}
