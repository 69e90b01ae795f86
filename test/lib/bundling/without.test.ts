import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { LEAN_MODULES } from '../../../lib/bundling/lean-modules.ts';
import { without } from '../../../lib/bundling/without.ts';
import { loaded } from './loaded.ts';

const PACKAGES = join(import.meta.dirname, '../../../node_modules');
const folder = mkdtempSync(join(tmpdir(), 'imagedrop-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('whatever a module exports is there by its name, and says what is missing', async () => {
  const path = join(folder, 'module.js');
  writeFileSync(
    path,
    `export const one = 1;
export async function two() {}
export class Three { method() {} }
const four = 4, five = 5;
export { four, five };`,
  );
  const lean = await loaded(without('numbers')(path), folder);
  expect(Object.keys(lean).toSorted()).toEqual(['Three', 'five', 'four', 'one', 'two']);
  for (const part of Object.values(lean))
    expect(part).toThrow('The functions of imagedrop are bundled without numbers.');
});

describe('the modules that are left out', () => {
  test.each([
    ['HTTP/2', 'undici/lib/dispatcher/client-h2.js'],
    ['Web streams', '@smithy/core/dist-es/submodules/serde/util-stream/**/*.browser.js'],
    ['adaptive retries', '@smithy/core/dist-es/submodules/retry/util-retry/AdaptiveRetryStrategy.js'],
    ['the writing of YAML', 'yaml/browser/dist/stringify/*.js'],
  ])('because there is no need of %s: %s', async (what, pattern) => {
    const paths = globSync(pattern, { cwd: PACKAGES }).map((path) => join(PACKAGES, path));
    expect(paths.length).toBeGreaterThan(0);
    for (const path of paths) {
      const lean = await loaded(leanTextOf(path), dirname(path));
      const whole = await loaded(`export * from ${JSON.stringify(path)};`, dirname(path), { external: ['node:*'] });
      expect(Object.keys(lean).filter((name) => name !== 'default')).toEqual(
        expect.arrayContaining(Object.keys(whole)),
      );
      for (const part of Object.values(lean)) expect(part).toThrow(`are bundled without ${what}.`);
    }
  });
});

const leanTextOf = (path: string): string => LEAN_MODULES.find(([module]) => module.test(path))?.[1](path) ?? '';
