import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { bundledCode } from '../../lib/bundle.ts';

test('each function gets a bundle of its own, with a source map that holds no text', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'imagedrop-'));
  try {
    const stack = new Stack(new App({ outdir }), 'Stack');
    for (const name of ['create-metadata', 'record-status'] as const) {
      const code = bundledCode(name);
      new LambdaFunction(stack, name, { code, handler: 'index.handler', runtime: Runtime.NODEJS_24_X });
    }
    const assets = readdirSync(outdir).filter((name) => name.startsWith('asset.'));
    expect(assets).toHaveLength(2);
    for (const asset of assets) {
      expect(readdirSync(join(outdir, asset)).sort()).toEqual(['index.cjs', 'index.cjs.map']);
      const bundle = join(outdir, asset, 'index.cjs');
      // docs/performance.md says what weighs how much.
      expect(statSync(bundle).size).toBeLessThanOrEqual(850_000);
      expect(execFileSync(process.execPath, ['--check', bundle], { encoding: 'utf8' })).toBe('');
      expect(JSON.parse(readFileSync(join(outdir, asset, 'index.cjs.map'), 'utf8')).sourcesContent).toBeUndefined();
    }
  } finally {
    rmSync(outdir, { recursive: true });
  }
});
