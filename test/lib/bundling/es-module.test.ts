import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { asEsModule } from '../../../lib/bundling/es-module.ts';
import { settings } from '../../../lib/bundling/settings.ts';

const ROOT = join(import.meta.dirname, '../../..');
const require = createRequire(import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'imagedrop-'));
afterAll(() => rmSync(folder, { recursive: true }));

function textOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return asEsModule(path);
}

describe('a module of CommonJS', () => {
  test('imports what it requires of its package, by name or as a whole, and requires what Node.js brings', () => {
    textOf('names.js', 'module.exports = { one, two }\n');
    textOf('values.js', "module.exports = {\n  kOne: Symbol('one'),\n  two\n}\n");
    textOf('whole.js', 'module.exports = Whole\n');
    const text = `const net = require('node:net')
const {
  one,
  two: second
} = require('./names')
const names = require('./names')
const values = require('./values.js')
const Whole = require('./whole')
function late () { return require('./names') }
`;
    expect(textOf('imports.js', text)).toBe(`const net = require('node:net')
import {
  one,
  two as second
} from './names'
import * as names from './names'
import * as values from './values.js'
import Whole from './whole'
function late () { return require('./names') }
`);
  });

  test.each([
    ['module.exports = { one, two }', 'export { one, two }'],
    ['module.exports = {\n  one,\n  two\n}', 'export {\n  one,\n  two\n}'],
    [
      "module.exports = {\n  kOne: Symbol('one'),\n  Two: Second,\n  three\n}",
      "export const kOne = Symbol('one')\nexport { Second as Two }\nexport { three as three }",
    ],
    ['module.exports = {\n  now () {\n  }\n}', 'export default {\n  now () {\n  }\n}'],
    ['module.exports = class Queue {}', 'export default class Queue {}'],
    ['module.exports = request\nmodule.exports.Handler = Handler', 'export default request\n'],
  ])('that ends with %j exports the same', (before, after) => {
    expect(textOf('exports.js', `${before}\n`)).toBe(`${after}\n`);
  });
});

test('undici exports the same, module by module, and nothing of CommonJS is left', async () => {
  const { metafile } = await build({ ...settings('record-status', 'none'), write: false, metafile: true });
  const paths = Object.keys(metafile.inputs).filter((path) =>
    /undici\/lib\/(?!llhttp|dispatcher\/client-h2)/.test(path),
  );
  expect(paths.length).toBeGreaterThan(15);
  for (const path of paths.map((path) => join(ROOT, path))) {
    const text = asEsModule(path);
    expect(text).not.toMatch(/^(module\.)?exports\b|^const .+ = require\('\./m);
    const whole = require(path);
    const names = /^export default /m.test(text) ? ['default'] : Object.keys(whole);
    expect((await exportsOf(text, dirname(path))).toSorted()).toEqual(names.toSorted());
  }
});

async function exportsOf(contents: string, resolveDir: string): Promise<readonly string[]> {
  const { metafile } = await build({
    stdin: { contents, resolveDir },
    write: false,
    format: 'esm',
    metafile: true,
    logLevel: 'error',
  });
  return Object.values(metafile.outputs)[0]?.exports ?? [];
}
