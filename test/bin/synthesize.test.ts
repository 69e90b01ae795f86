import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { synthesize } from '../../bin/start/synthesize.ts';

const CONTEXT = { targets: { simulator: { kind: 'glance' } }, cloudsYamlSecret: 'clouds' };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-synthesize-'));
});
afterEach(() => rm(folder, { recursive: true }));

const marker = () => join(folder, 'marker');
const isKept = () =>
  stat(marker()).then(
    () => true,
    () => false,
  );

test('keeps a stack that was synthesized to its end from the same inputs, and replaces any other', async () => {
  await synthesize(folder, CONTEXT);
  await writeFile(marker(), '');
  await synthesize(folder, CONTEXT);
  expect(await isKept()).toBe(true);
  await rm(join(folder, 'inputs.sha256'));
  await synthesize(folder, CONTEXT);
  expect(await isKept()).toBe(false);
  await writeFile(marker(), '');
  await synthesize(folder, { ...CONTEXT, targets: { simulator: { kind: 'ims' } } });
  expect(await isKept()).toBe(false);
});
