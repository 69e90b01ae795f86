import { stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { gptDisk } from '../support/images/gpt.ts';
import { isoImage } from '../support/images/iso.ts';
import { qcow2Image } from '../support/images/qcow2.ts';
import { madeRecords } from './made-records.ts';
import { pictureOf } from './terminal-window.ts';
import { TerminalWorld } from './terminal-world.ts';
import { addRecords, imageFile, launchChromium, picturesAreWanted } from './world.ts';

/** What the pages of a repository show as wide as it is. */
const WIDEST_PIXELS = 1012;
const MAX_BYTES = 150_000;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

let world: TerminalWorld;
let browser: Browser;
beforeAll(async () => {
  world = await TerminalWorld.start();
  browser = await launchChromium();
  const image = qcow2Image(gptDisk(24 * MIB), { virtualSize: 20 * GIB });
  await world.user.file('ubuntu.qcow2', image);
  await world.user.file('debian.qcow2', qcow2Image(gptDisk(9 * MIB), { virtualSize: 8 * GIB }));
  await world.user.file('rocky.qcow2', image.subarray(0, 16 * MIB));
});
afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

/** Types a command on a terminal and takes its picture. @returns what it shows */
async function seen(name: string, ...args: string[]): Promise<string> {
  const screen = await world.type(...args);
  const path = picturesAreWanted ? imageFile(name) : undefined;
  const command = ['npx imagedrop', ...args].join(' ');
  expect(await pictureOf(browser, { command, screen, path })).toBeLessThan(WIDEST_PIXELS);
  expect((await stat(imageFile(name))).size).toBeLessThan(MAX_BYTES);
  return screen
    .lines()
    .map((runs) => runs.map(({ text }) => text).join(''))
    .join('\n');
}

describe('on a terminal', () => {
  test('drop shows each file in a line of its own, to its end', async () => {
    const files = ['ubuntu.qcow2', 'debian.qcow2', 'rocky.qcow2'];
    const text = await seen('terminal-drop', 'drop', ...files, '--wait');
    for (const name of files.slice(0, 2)) expect(text).toMatch(new RegExp(`^${name} {2}active · image `, 'm'));
    expect(text).toMatch(/^rocky\.qcow2 {2}refused · truncated$/m);
    expect(text).not.toContain('sending');
    expect(text).toMatch(/^FILE .+ SECONDS\nubuntu\.qcow2 .+ sha512 +[\d.]+\ndebian/m);
  });

  test('inspect shows every check, and which of them refuses the file', async () => {
    await world.user.file('installer.iso', isoImage(gptDisk(2 * MIB)).subarray(0, MIB));
    const text = await seen('terminal-inspect', 'inspect', 'installer.iso', '--checks');
    expect(text).toMatch(/^installer\.iso: refused \(truncated\)$/m);
    expect(text).toMatch(/^ {2}passed {3}signatures of one format only /m);
    expect(text).toMatch(/^ {2}refused {2}.+ is inside the file/m);
  });

  test('status says why a drop failed, and what to do', async () => {
    const dropped = await world.pipeline.drop('rocky.qcow2', qcow2Image(gptDisk(MIB)).subarray(0, MIB / 2));
    await world.pipeline.settled(dropped);
    expect(await seen('terminal-status', 'status', 'rocky.qcow2')).toMatch(/next +The end of the file is missing/);
  });

  test('doctor says that all is well', async () => {
    expect(await seen('terminal-doctor', 'doctor')).toMatch(/\d+ ok$/);
  });

  test('ls shows every drop in a line', async () => {
    const made = madeRecords(16, new Date());
    await addRecords(world.pipeline, made);
    const [head, ...drops] = (await seen('terminal-ls', 'ls', 'images/')).split('\n');
    const counts = drops.pop();
    const ours = made.filter(({ record }) => record.target === world.pipeline.cloud.name);
    expect(drops).toHaveLength(ours.length);
    for (const { record } of ours) expect(drops.join('\n')).toContain(`  ${record.drop.key} `);
    expect([head, counts]).toEqual([expect.stringMatching(/^STATE /), expect.stringMatching(/^\d+ active, 1 failed/)]);
  });
});
