import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { madeRecords } from './made-records.ts';
import { rowOf, UiWorld } from './world.ts';

const DROPS = 2000;
/** Rows that a window of this height has room for, those beyond its edges, their cells, and the rest of the page. */
const MAX_ELEMENTS = 1500;
/** Five rows at each frame: 18,000 pixels a second, faster than a wheel is turned. */
const PIXELS_PER_FRAME = 300;
/** Half of what there is between two frames at 60 Hz: the other half is the browser's own, for painting. */
const MAX_WORK_MS = 8;

let world: UiWorld;
beforeAll(async () => {
  world = await UiWorld.start();
  await world.addRecords(madeRecords(DROPS, new Date()));
});
afterAll(() => world?.stop());
afterEach(async () => {
  for (const context of world.browser.contexts()) await context.close();
});

async function openList(options = {}): Promise<Page> {
  const page = await world.open(options);
  await page.getByRole('button', { name: 'All 2,000' }).waitFor({ timeout: 60_000 });
  return page;
}

const elements = (page: Page) => page.evaluate(() => document.querySelectorAll('*').length);

/** Scrolls through the whole list. @returns milliseconds from each frame to the next */
const scrollThrough = (page: Page) =>
  page.evaluate(async (pixelsPerFrame) => {
    const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
    const frames: number[] = [];
    let before = await frame();
    for (let top = 0; top < document.documentElement.scrollHeight; top += pixelsPerFrame) {
      scrollTo(0, top);
      const now = await frame();
      frames.push(now - before);
      before = now;
    }
    return frames;
  }, PIXELS_PER_FRAME);

/** What the thread of the page has worked, in milliseconds of the processor: other programs do not count. */
async function workOf(page: Page, doing: () => Promise<unknown>): Promise<number> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const seconds = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    const value = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
    return value('ScriptDuration') + value('LayoutDuration') + value('RecalcStyleDuration');
  };
  const before = await seconds();
  await doing();
  return ((await seconds()) - before) * 1000;
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

describe('a list of 2,000 drops', () => {
  test('has a bounded number of elements, wherever it is scrolled to', async () => {
    const page = await openList();
    expect(await elements(page)).toBeLessThan(MAX_ELEMENTS);
    await page.keyboard.press('End');
    await rowOf(page, `build-${5000 - DROPS + 1}`).waitFor();
    expect(await elements(page)).toBeLessThan(MAX_ELEMENTS);
    expect(world.errors).toEqual([]);
  });

  test('scrolls from end to end with time to spare at each frame', async () => {
    const page = await openList();
    let frames: number[] = [];
    const work = await workOf(page, async () => {
      frames = await scrollThrough(page);
    });
    const each = work / frames.length;
    process.stdout.write(
      `${frames.length} frames of ${PIXELS_PER_FRAME} pixels: ${each.toFixed(1)} ms of work each; ` +
        `from frame to frame ${median(frames).toFixed(1)} ms (median)\n`,
    );
    expect(each).toBeGreaterThan(0);
    expect(each).toBeLessThan(MAX_WORK_MS);
  });

  test('says to a screen reader how many rows there are, and which of them these are', async () => {
    const page = await openList();
    const table = page.getByRole('table', { name: 'Drops' });
    expect(await table.getAttribute('aria-rowcount')).toBe(String(DROPS + 1));
    expect(await table.getByRole('row').nth(1).getAttribute('aria-rowindex')).toBe('2');
  });

  test('is narrowed by status and by words, and sorted by its columns', async () => {
    const page = await openList();
    await page.getByRole('button', { name: /^Failed/ }).click();
    await page.getByRole('searchbox').fill('backing-file rocky');
    const rows = page.getByRole('row').filter({ hasText: 'Failed' });
    const names = await rows.getByRole('link').allTextContents();
    expect(names.length).toBeGreaterThan(1);
    for (const name of names) expect(name).toContain('rocky');
    await page.getByRole('searchbox').fill('nothing is called this');
    await page.getByText('No drop is like that.').waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByRole('button', { name: 'Size' }).click();
    expect(await page.getByRole('columnheader', { name: 'Size' }).getAttribute('aria-sort')).toBe('descending');
    await page.getByRole('button', { name: 'Size' }).click();
    expect(await page.getByRole('columnheader', { name: 'Size' }).getAttribute('aria-sort')).toBe('ascending');
    expect(await page.getByRole('row').nth(1).textContent()).toContain('409.6 MiB');
  });

  test('looks like this', async () => {
    const page = await openList();
    await page.getByText('Live').waitFor();
    await world.picture(page, 'ui-list');
    await page.emulateMedia({ colorScheme: 'dark' });
    await world.picture(page, 'ui-list-dark');
    const phone = await openList({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true });
    await world.picture(phone, 'ui-phone');
    const width = await phone.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBe(390);
  });

  test('processes what has changed without reading the others again', async () => {
    const page = await openList();
    const [first] = madeRecords(1, new Date());
    if (first === undefined) throw new Error('There is a first record.');
    const events: string[] = [];
    const network = await page.context().newCDPSession(page);
    await network.send('Network.enable');
    network.on('Network.dataReceived', ({ dataLength }) => events.push(String(dataLength)));
    const drop = { ...first.record.drop, id: 'v0', droppedAt: new Date(0).toISOString() };
    await world.addRecords([{ key: `${first.key}.earlier.json`, record: { ...first.record, drop } }]);
    await page.getByRole('button', { name: 'Earlier 1' }).waitFor();
    const bytes = events.reduce((sum, length) => sum + Number(length), 0);
    expect(bytes).toBeGreaterThan(100);
    expect(bytes).toBeLessThan(5000);
  });
});
