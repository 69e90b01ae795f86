import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { eventually } from '../local/stack-fixture.ts';
import { rawDisk } from '../support/disk.ts';
import { SAMPLES } from '../support/images/samples.ts';
import { rowOf, UiWorld } from './world.ts';

const PART_BYTES = 16 * 2 ** 20;

let world: UiWorld;
beforeAll(async () => {
  world = await UiWorld.start();
});
afterAll(() => world?.stop());
afterEach(async () => {
  for (const context of world.browser.contexts()) await context.close();
});

const sample = (wanted: string) => SAMPLES.find(({ name }) => name === wanted)?.bytes ?? Buffer.alloc(0);
const file = (name: string, buffer: Buffer) => ({ name, mimeType: 'application/octet-stream', buffer });
const choose = (page: Page, ...files: ReturnType<typeof file>[]) =>
  page.locator('input[type=file]').setInputFiles(files);

/**
 * As when somebody drags a file from the desktop over the page and lets go.
 * @param zeros that follow the head: made in the page, for what is handed to it goes as text
 */
async function dragAndDrop(page: Page, name: string, head: Buffer, zeros: number): Promise<void> {
  const transfer = await page.evaluateHandle(
    ({ fileName, base64, rest }) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const made = new DataTransfer();
      made.items.add(new File([bytes, new Uint8Array(rest)], fileName));
      return made;
    },
    { fileName: name, base64: head.toString('base64'), rest: zeros },
  );
  await page.dispatchEvent('body', 'dragover', { dataTransfer: transfer });
  await page.getByRole('heading', { name: 'Let go to drop it' }).waitFor();
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
}

describe('a file', () => {
  test('that is dragged onto the page goes straight to S3 in parts, and becomes an active image', async () => {
    const page = await world.open();
    const puts: string[] = [];
    page.on('request', (request) => request.method() === 'PUT' && puts.push(new URL(request.url()).origin));
    // More than two parts, so that their order and the last short one matter.
    const disk = Buffer.concat([rawDisk(), Buffer.alloc(2 * PART_BYTES)]);
    await dragAndDrop(page, 'dragged.img', rawDisk(), 2 * PART_BYTES);
    await rowOf(page, 'dragged.img').getByText('Active').waitFor({ timeout: 60_000 });
    expect(puts).toEqual(Array(3).fill(world.pipeline.stack.endpoints.s3));
    await rowOf(page, 'dragged.img').getByRole('link').click();
    await page.getByText('Verified: size and sha512 agree.').waitFor();
    await page.getByText(/^\d+ of \d+ checks passed; the file is safe\.$/).waitFor();
    expect(await page.locator('.timeline .step strong').allTextContents()).toEqual([
      'Dropped',
      'Received',
      'Created',
      'Uploading',
      'Processing',
      'Active',
    ]);
    const image = (await world.pipeline.images()).find(({ name }) => name === 'dragged');
    const stored = await readFile(world.pipeline.cloud.imageFile(image?.id ?? ''));
    expect(stored.equals(disk)).toBe(true);
    expect(world.errors).toEqual([]);
  });

  test('goes through the server of the page where the bucket does not take it from a page', async () => {
    const page = await world.open();
    await page.route(`${world.pipeline.stack.endpoints.s3}/**`, (route) => route.abort());
    await choose(page, file('through.qcow2', sample('qcow2 v3')));
    await rowOf(page, 'through.qcow2').getByText('Active').waitFor({ timeout: 60_000 });
    world.errors.length = 0;
  });

  test('of no bytes arrives as well, and is refused for that', async () => {
    const page = await world.open();
    await choose(page, file('empty.img', Buffer.alloc(0)));
    await rowOf(page, 'empty.img').getByText('Failed').waitFor({ timeout: 60_000 });
    await rowOf(page, 'empty.img').getByText('0 B').waitFor();
  });

  test('shows how far it is, and leaves nothing in the bucket when it is cancelled', async () => {
    const page = await world.open();
    const network = await page.context().newCDPSession(page);
    const uploadThroughput = 8 * 2 ** 20;
    const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput };
    await network.send('Network.emulateNetworkConditions', conditions);
    const path = join(world.pipeline.folder, 'slow.img');
    await writeFile(path, '');
    await truncate(path, 6 * PART_BYTES);
    await page.locator('input[type=file]').setInputFiles(path);
    const upload = page.getByRole('listitem').filter({ hasText: 'slow.img' });
    await upload.getByText(/^[1-9]\d? % · \d+(\.\d)? MiB\/s · .+ left$/).waitFor({ timeout: 30_000 });
    expect(await upload.getByRole('progressbar', { name: 'Sending slow.img' }).count()).toBe(1);
    await upload.getByRole('button', { name: 'Cancel slow.img' }).click();
    await upload.waitFor({ state: 'detached' });
    const { dropBucket, s3 } = world.pipeline;
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: dropBucket }));
    expect(Uploads).toEqual([]);
    expect(world.errors).toEqual([]);
  });

  test('goes on where it stopped when the connection is back', async () => {
    const page = await world.open();
    const refuse = '**/api/uploads/*/parts/2';
    let arrived = 0;
    page.on('requestfinished', (request) => {
      if (request.method() === 'PUT') arrived += 1;
    });
    // The two other parts are there when this one is refused.
    await page.route(refuse, async (route) => {
      await eventually(() => arrived >= 2);
      await route.fulfill({ status: 403, json: { error: { code: 'x', message: 'Not now.' } } });
    });
    await choose(page, file('broken.img', Buffer.concat([rawDisk(), Buffer.alloc(2 * PART_BYTES)])));
    const upload = page.getByRole('listitem').filter({ hasText: 'broken.img' });
    await upload.getByText('Not now.').waitFor();
    await page.unroute(refuse);
    const signed: string[] = [];
    page.on('request', (request) => signed.push(...(request.url().match(/parts\/\d$/) ?? [])));
    await upload.getByRole('button', { name: 'Go on with broken.img' }).click();
    await rowOf(page, 'broken.img').getByText('Active').waitFor({ timeout: 60_000 });
    expect(signed).toEqual(['parts/2']);
    world.errors.length = 0;
  });
});

describe('a drop that failed', () => {
  test('says first what to do, then what was wrong, with every check that was made', async () => {
    const page = await world.open();
    await choose(page, file('notes.txt', Buffer.from('Not a disk.\n')));
    await rowOf(page, 'notes.txt').getByText('Failed').waitFor({ timeout: 60_000 });
    await rowOf(page, 'notes.txt').getByText('The file is text').waitFor();
    await rowOf(page, 'notes.txt').getByRole('link').click();
    const trouble = page.getByRole('region', { name: 'What to do' });
    expect(await trouble.locator('p').first().textContent()).toBe('Drop the disk image itself.');
    await trouble.getByText('not-a-disk-image').waitFor();
    await page.getByRole('region', { name: 'Checks' }).getByText('refused: ').first().waitFor();
    await world.picture(page, 'ui-failed');
    await page.getByText('Record', { exact: true }).click();
    expect(JSON.parse((await page.locator('pre').textContent()) ?? '')).toMatchObject({ status: 'failed' });
    expect(world.errors).toEqual([]);
  });
});

test('the page shows what others drop while it is open, and says so to a screen reader', async () => {
  const page = await world.open();
  await page.getByText('Live').waitFor();
  await world.pipeline.drop('from-elsewhere.img', rawDisk());
  await rowOf(page, 'from-elsewhere.img').getByText('Active').waitFor({ timeout: 60_000 });
  await page.waitForFunction(() =>
    document.querySelector('[aria-live=polite]')?.textContent?.includes('from-elsewhere.img at simulator is active.'),
  );
});

test('a page without a session says how to come by one', async () => {
  const page = await world.open({}, new URL('/', world.server.url).href);
  await page.getByText('Open the whole address that `imagedrop ui` has printed').waitFor();
  world.errors.length = 0;
});
