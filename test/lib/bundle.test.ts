import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Architecture, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { bundledCode } from '../../lib/bundle.ts';

test('a bundle is one ES module with the handler and a source map without the text', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'imagedrop-'));
  try {
    const stack = new Stack(new App({ outdir }), 'Stack');
    new LambdaFunction(stack, 'Function', {
      code: bundledCode('record-status'),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
    });
    const assembly = (stack.node.root as App).synth();
    const [asset] = assembly.stacks[0]?.assets ?? [];
    const { source } = JSON.parse(readFileSync(join(outdir, 'Stack.assets.json'), 'utf8')).files[asset?.id ?? ''] ?? {
      source: Object.values<{ source: { path: string } }>(
        JSON.parse(readFileSync(join(outdir, 'Stack.assets.json'), 'utf8')).files,
      ).find((file) => file.source.path.startsWith('asset.'))?.source,
    };
    const folder = join(outdir, source.path);
    expect(readFileSync(join(folder, 'index.mjs'), 'utf8')).toMatch(/export\{[^}]*\bhandler\b[^}]*\}/);
    expect(JSON.parse(readFileSync(join(folder, 'index.mjs.map'), 'utf8')).sourcesContent).toBeUndefined();
  } finally {
    rmSync(outdir, { recursive: true });
  }
});
