import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { LEAN_MODULES } from '../../../lib/bundling/lean-modules.ts';
import { settings } from '../../../lib/bundling/settings.ts';
import { loaded } from './loaded.ts';

const require = createRequire(import.meta.url);
const ROOT = join(import.meta.dirname, '../../..');

/** What stands in place of a module of undici, loaded. */
function leanPart(path: string): Promise<unknown> {
  const whole = join(ROOT, 'node_modules/undici/lib', path);
  return loaded(LEAN_MODULES.find(([module]) => module.test(whole))?.[1](whole) ?? '', dirname(whole));
}

test('each of them is in a bundle, so that none outlives a new version of its package', async () => {
  const { metafile } = await build({ ...settings('record-status', 'none'), write: false, metafile: true });
  const modules = Object.keys(metafile.inputs).map((path) => join(ROOT, path));
  const idle = LEAN_MODULES.filter(([path]) => !modules.some((module) => path.test(module)));
  expect(idle).toEqual([]);
});

test("undici's parser is unpacked to the bytes that it was", async () => {
  const bytes = require('undici/lib/llhttp/llhttp_simd-wasm.js') as Buffer;
  expect(((await leanPart('llhttp/llhttp_simd-wasm.js')) as Buffer).equals(bytes)).toBe(true);
});

test('its constants are those that undici asks for', async () => {
  const { ERROR, TYPE } = require('undici/lib/llhttp/constants.js');
  expect(await leanPart('llhttp/constants.js')).toEqual({ ERROR, TYPE });
  const asking = globSync('node_modules/undici/lib/**/*.js', { cwd: ROOT }).filter((path) =>
    readFileSync(join(ROOT, path), 'utf8').includes('llhttp/constants'),
  );
  expect(asking).toEqual(['node_modules/undici/lib/dispatcher/client-h1.js']);
});
