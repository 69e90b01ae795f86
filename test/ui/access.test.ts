import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { gptDisk } from '../support/images/gpt.ts';
import { qcow2Image } from '../support/images/qcow2.ts';
import { madeRecords } from './made-records.ts';
import { rowOf, UiWorld } from './world.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const DESKTOP = { viewport: { width: 1280, height: 860 } };
const PHONE = { viewport: { width: 360, height: 740 } };

let world: UiWorld;
let empty: UiWorld;
beforeAll(async () => {
  world = await UiWorld.start();
  await world.addRecords(madeRecords(60, new Date()));
  const active = await world.pipeline.drop('images/server-24.04.qcow2', qcow2Image(gptDisk(4 * 2 ** 20)));
  const failed = await world.pipeline.drop('notes.txt', Buffer.from('Not a disk.\n'));
  await world.pipeline.settled(active);
  await world.pipeline.settled(failed);
  empty = await UiWorld.start();
});
afterAll(async () => {
  await world?.stop();
  await empty?.stop();
});
afterEach(async () => {
  for (const { browser } of [world, empty]) for (const context of browser.contexts()) await context.close();
});

/** Axe is run in the browser's own world: the page's rules on scripts stay as they are. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(AXE, 'utf8'));
  const { violations: found } = await page.evaluate(
    (): Promise<AxeResults> => (globalThis as never as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}

const openDrop = async (page: Page, name: string) => {
  await rowOf(page, name).getByRole('link').click();
  await page.getByText(/checks passed/).waitFor();
};

const LOOKS = [
  ['light', { ...DESKTOP, colorScheme: 'light' }],
  ['dark', { ...DESKTOP, colorScheme: 'dark' }],
  ['light on a phone', { ...PHONE, colorScheme: 'light' }],
  ['dark on a phone', { ...PHONE, colorScheme: 'dark' }],
] as const;

const VIEWS: readonly [name: string, open: (look: object) => Promise<Page>][] = [
  [
    'an empty list',
    async (look) => {
      const page = await empty.open(look);
      await page.getByText('Nothing was dropped yet').waitFor();
      if (look === LOOKS[0][1]) await empty.picture(page, 'ui-empty');
      return page;
    },
  ],
  [
    'the list',
    async (look) => {
      const page = await world.open(look);
      await rowOf(page, 'notes.txt').waitFor();
      return page;
    },
  ],
  [
    'a drop that failed',
    async (look) => {
      const page = await world.open(look);
      await openDrop(page, 'notes.txt');
      return page;
    },
  ],
  [
    'a drop that is an image',
    async (look) => {
      const page = await world.open(look);
      await openDrop(page, 'server-24.04.qcow2');
      if (look === LOOKS[1][1]) await world.picture(page, 'ui-active-dark');
      await page.getByText('Record', { exact: true }).click();
      return page;
    },
  ],
];

describe.each(VIEWS)('%s', (_, open) => {
  test.each(LOOKS)('has nothing that axe finds wrong: %s', async (_look, look) => {
    const page = await open(look);
    expect(await violations(page)).toEqual([]);
    // Nothing is cut off at the side (WCAG 2.2, 1.4.10 Reflow).
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });
});

describe('by keyboard alone', () => {
  const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');

  test('a drop is searched, opened, and left again for the row where it was', async () => {
    const page = await world.open(DESKTOP);
    await rowOf(page, 'notes.txt').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('truncated');
    // Past the heads of the columns, into the list.
    while (!(await page.evaluate(() => document.activeElement?.matches('.drop-link'))))
      await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    const name = await focused(page);
    await page.keyboard.press('Enter');
    await page.waitForFunction((text) => document.querySelector('h1')?.textContent === text, name);
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    await page.keyboard.press('Shift+Tab');
    expect(await focused(page)).toBe('All drops');
    await page.keyboard.press('Enter');
    await page.getByRole('table').waitFor();
    expect(await focused(page)).toBe(name);
    expect(await page.getByRole('searchbox').inputValue()).toBe('truncated');
  });

  test('the focus stays with its row when the list is scrolled away from it', async () => {
    const page = await world.open(DESKTOP);
    await rowOf(page, 'notes.txt').getByRole('link').focus();
    await page.mouse.wheel(0, 3000);
    await page.waitForFunction(() => scrollY > 1000);
    expect(await focused(page)).toBe('notes.txt');
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction(() => document.activeElement?.getBoundingClientRect().top ?? -1 > 0);
    expect(await focused(page)).not.toBe('notes.txt');
  });

  test('End and Home lead to both ends of the list, clear of its head', async () => {
    const page = await world.open(DESKTOP);
    await rowOf(page, 'notes.txt').getByRole('link').focus();
    await page.keyboard.press('End');
    const last = rowOf(page, 'build-4941');
    await last.waitFor();
    expect(await focused(page)).toContain('build-4941');
    await page.keyboard.press('Home');
    const top = await page.evaluate(() => document.activeElement?.getBoundingClientRect().top ?? 0);
    const head = await page.evaluate(() => document.querySelector('.table-head')?.getBoundingClientRect().bottom ?? 0);
    expect(top).toBeGreaterThanOrEqual(head);
  });

  test('files are chosen: the button can be reached, and shows that it is', async () => {
    const page = await world.open(DESKTOP);
    await page.getByText('Live').waitFor();
    for (let presses = 0; presses < 3; presses += 1) await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.matches('input[type=file]'))).toBe(true);
    const outline = await page.evaluate(() => {
      const label = document.activeElement?.closest('label');
      return label ? getComputedStyle(label).outlineStyle : 'none';
    });
    expect(outline).toBe('solid');
  });

  test('the way to the content is the first stop', async () => {
    const page = await world.open(DESKTOP);
    await page.getByText('Live').waitFor();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('To the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
  });
});

test('nothing moves for those who asked for that', async () => {
  const page = await world.open({ ...DESKTOP, reducedMotion: 'reduce' });
  await rowOf(page, 'build-4999').waitFor();
  const running = await page.evaluate(() => document.getAnimations().length);
  expect(running).toBe(0);
});
