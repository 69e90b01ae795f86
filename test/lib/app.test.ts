import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
const BUNDLING_SECONDS = 60;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'imagedrop-app-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The app as the CDK command line runs it. */
function runApp(context: Record<string, unknown>) {
  return spawnSync(process.execPath, [join(ROOT, 'bin/app.ts')], {
    // From another folder: nothing may depend on where it is called.
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, CDK_OUTDIR: folder, CDK_CONTEXT_JSON: JSON.stringify(context) },
    encoding: 'utf8',
  });
}

describe('the CDK app', () => {
  test(
    'synthesizes with the real functions, without network or credentials',
    () => {
      const { status, stderr } = runApp({
        targets: { mycloud: { kind: 'glance' } },
        'aws:cdk:enable-asset-metadata': true,
      });
      expect({ status, stderr }).toMatchObject({ status: 0 });
      const { Resources } = JSON.parse(readFileSync(join(folder, 'ImageDrop.template.json'), 'utf8'));
      const assets = Object.values(Resources as Record<string, { Type: string; Metadata?: Record<string, string> }>)
        .filter(({ Type }) => Type === 'AWS::Lambda::Function')
        .map(({ Metadata }) => Metadata?.['aws:asset:path'] ?? '');
      expect(new Set(assets).size).toBe(5);
      for (const asset of assets) {
        const bundle = readFileSync(join(folder, asset, 'index.cjs'), 'utf8');
        expect(bundle).toMatch(/module\.exports=/);
        expect(bundle).toMatch(/\{handler:\(\)=>/);
      }
    },
    BUNDLING_SECONDS * 1000,
  );

  test('says in one line what is wrong with its context', () => {
    const { status, stderr } = runApp({ targets: { mycloud: { kind: 'nova' } } });
    expect(stderr).toBe('targets.mycloud.kind is "nova": no kind of endpoint has this name; use glance or ims.\n');
    expect(status).toBe(1);
  });
});
