import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { bundleOf, requireEsbuild } from '../../lib/bundle.ts';

const ROOT = join(import.meta.dirname, '../..');

test('a bundle is made of the package itself, wherever it is installed and from where it is called', () => {
  expect(bundleOf('stream-upload')).toMatchObject({
    entry: join(ROOT, 'lambda/stream-upload.ts'),
    projectRoot: ROOT,
    depsLockFilePath: join(ROOT, 'package.json'),
  });
});

test('a missing esbuild is named before the CDK turns to Docker', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'imagedrop-'));
  try {
    expect(() => requireEsbuild(join(elsewhere, 'index.js'))).toThrow(/^esbuild is not installed beside .*index\.js;/);
  } finally {
    rmSync(elsewhere, { recursive: true });
  }
});
