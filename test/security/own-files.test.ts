import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { publishStack, writeForOwner } from '../../bin/stack/local.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-own-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const modeOf = async (file: string) => (await stat(file)).mode & 0o777;

test('a file with secrets can be read by its owner alone, also in the place of one that anybody could read', async () => {
  const file = join(folder, 'clouds.yaml');
  await writeFile(file, 'old', { mode: 0o644 });
  await writeForOwner(file, 'new');
  expect(await readFile(file, 'utf8')).toBe('new');
  expect(await modeOf(file)).toBe(0o600);
});

test('the keys of a running stack are reported to its owner alone, and to no one when it has ended', async () => {
  const withdraw = await publishStack(folder, { environment: { AWS_SECRET_ACCESS_KEY: 'k' }, outputs: {} });
  expect(await modeOf(join(folder, 'running.json'))).toBe(0o600);
  await withdraw();
  await expect(stat(join(folder, 'running.json'))).rejects.toMatchObject({ code: 'ENOENT' });
});
