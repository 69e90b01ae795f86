import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { bundle, bundledCode, PUBLISHER_KEYS_FILE } from '../../lib/bundle.ts';
import { ENTRY_POINTS } from '../../lib/entry-points.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'imagedrop-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('each function gets a bundle of its own, with a source map that holds no text', () => {
  const stack = new Stack(new App({ outdir: folder }), 'Stack');
  for (const name of ['create-metadata', 'record-status'] as const) {
    const code = bundledCode(name);
    new LambdaFunction(stack, name, { code, handler: 'index.handler', runtime: Runtime.NODEJS_24_X });
  }
  const assets = readdirSync(folder).filter((name) => name.startsWith('asset.'));
  expect(assets).toHaveLength(2);
  for (const asset of assets) {
    expect(readdirSync(join(folder, asset)).sort()).toEqual(['index.cjs', 'index.cjs.map']);
    const map = JSON.parse(readFileSync(join(folder, asset, 'index.cjs.map'), 'utf8'));
    expect(map.sourcesContent).toBeUndefined();
  }
});

test('a bundle that another synthesis made is the one that esbuild would make', () => {
  // The first one puts it there.
  const [, code] = ['first', 'second'].map((name) => {
    const stack = new Stack(new App({ outdir: join(folder, name) }), 'Stack');
    const code = bundledCode('record-status');
    new LambdaFunction(stack, 'Function', { code, handler: 'index.handler', runtime: Runtime.NODEJS_24_X });
    const [asset = ''] = readdirSync(join(folder, name)).filter((entry) => entry.startsWith('asset.'));
    return readFileSync(join(folder, name, asset, 'index.cjs'), 'utf8');
  });
  bundle('record-status', folder);
  expect(code).toBe(readFileSync(join(folder, 'index.cjs'), 'utf8'));
});

test('keys of publishers lie beside the code, with the library that needs them', () => {
  const keys = { 'keys/known.asc': 'a2V5' };
  const stack = new Stack(new App({ outdir: folder }), 'Stack');
  const code = bundledCode('create-metadata', keys);
  new LambdaFunction(stack, 'Function', { code, handler: 'index.handler', runtime: Runtime.NODEJS_24_X });
  const [asset = ''] = readdirSync(folder).filter((name) => name.startsWith('asset.'));
  expect(JSON.parse(readFileSync(join(folder, asset, PUBLISHER_KEYS_FILE), 'utf8'))).toEqual(keys);
  // As the function loads it; its own folder has no other modules.
  const load = "import('openpgp').then(({ verify }) => console.log(typeof verify))";
  const script = join(folder, asset, 'load.cjs');
  writeFileSync(script, load);
  expect(execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim()).toBe('function');
  expect(readdirSync(join(folder, asset, 'node_modules/openpgp')).sort()).toEqual(['LICENSE', 'dist', 'package.json']);
});

test.each(ENTRY_POINTS)('%s is JavaScript of at most 1.4 MB', (name) => {
  bundle(name, folder);
  const path = join(folder, 'index.cjs');
  expect(statSync(path).size).toBeLessThanOrEqual(1_400_000);
  expect(execFileSync(process.execPath, ['--check', path], { encoding: 'utf8' })).toBe('');
});

/** Texts of the libraries that unpack xz and bzip2; minifying keeps them. */
const DECODERS = ['get_next_output', 'Bad block CRC'];

/** What every function would load at its start. */
test('no bundle carries the library of OpenPGP', () => {
  bundle('create-metadata', folder);
  expect(readFileSync(join(folder, 'index.cjs'), 'utf8')).not.toContain('Misformed armored text');
});

const WITHOUT_DECODERS = ENTRY_POINTS.filter((name) => name !== 'unpack-image');

test.each(WITHOUT_DECODERS)('%s carries no decoder of packed files', (name) => {
  bundle(name, folder);
  const code = readFileSync(join(folder, 'index.cjs'), 'utf8');
  expect(DECODERS.filter((text) => code.includes(text))).toEqual([]);
});
