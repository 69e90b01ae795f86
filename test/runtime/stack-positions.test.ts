import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { buildSync } from 'esbuild';
import { readableStack } from '../../lambda/runtime/stack-positions.ts';

const folder = mkdtempSync(join(tmpdir(), 'stack positions-'));
const bundles = mkdtempSync(join(tmpdir(), 'bundles-'));
afterAll(() => {
  for (const each of [folder, bundles]) rmSync(each, { recursive: true });
});

/** @returns the stack that a minified bundle throws with */
function stackOf(name: string, source: string, sourcemap: boolean | 'external'): string {
  writeFileSync(join(folder, `${name}.ts`), source);
  const outfile = join(bundles, `${name}.js`);
  buildSync({ entryPoints: [join(folder, `${name}.ts`)], outfile, bundle: true, minify: true, sourcemap });
  return execFileSync(process.execPath, [outfile], { encoding: 'utf8' });
}

const SOURCE = `
interface Size { readonly bytes: number }
function fail({ bytes }: Size): never {
  throw new Error(\`too many: \${bytes}\`);
}
try { fail({ bytes: 3 }); } catch (error) { process.stdout.write((error as Error).stack ?? ''); }
`;

test('a trace of a bundle names the lines of its sources', () => {
  const stack = stackOf('fails', SOURCE, 'external');
  expect(stack).not.toContain('fails.ts');
  const readable = readableStack(stack);
  expect(readable).toContain('Error: too many: 3');
  expect(readable).toMatch(/fails\.ts:4:9\)/);
  expect(readable).toMatch(/fails\.ts:6:7\n/);
});

test('one without a source map, or with a broken one, stays as it is', () => {
  const stack = stackOf('bare', SOURCE, false);
  expect(readableStack(stack)).toBe(stack);
  const other = stackOf('broken', SOURCE, 'external');
  const [, file = ''] = /(\/[^\s():]+broken\.js)/.exec(other) ?? [];
  writeFileSync(`${file}.map`, readFileSync(`${file}.map`, 'utf8').slice(0, 20));
  expect(readableStack(other)).toBe(other);
});

test('frames of Node.js itself, and places beyond the map, stay as they are', () => {
  const stack = stackOf('twice', SOURCE, 'external');
  const [, file = ''] = /(\/[^\s():]+twice\.js)/.exec(stack) ?? [];
  const frames = `Error: x\n    at node:internal/main:1:2\n    at ${file}:900000:1\n    at Socket.emit (node:events:5:6)`;
  expect(readableStack(frames)).toContain('node:internal/main:1:2');
  expect(readableStack(frames)).toContain('node:events:5:6');
});
