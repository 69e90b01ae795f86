import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { inTurns } from '../../bin/in-turns.ts';
import { startUiServer, type UiServer } from '../../bin/ui/server.ts';
import type { UiStack } from '../../bin/ui/stack.ts';
import { Pipeline, type PipelineOptions } from '../pipeline/pipeline.ts';
import type { MadeRecord } from './made-records.ts';

/** Where the browser is: of Debian and its like, of Ubuntu, of a Mac. */
const CHROMIUMS = [
  process.env.CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Whether the pictures of the documentation are taken anew. */
export const picturesAreWanted = process.env.UPDATE_IMAGES === '1';

export const imageFile = (name: string): string => join(import.meta.dirname, '../../docs/images', `${name}.png`);

export async function launchChromium(): Promise<Browser> {
  const executablePath = CHROMIUMS.find((path) => path !== '' && existsSync(path));
  if (executablePath === undefined) throw new Error('No Chromium is found: install one, or name it in CHROMIUM.');
  // Chromium has no sandbox for root, as which containers run; only pages of this test are loaded.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return await chromium.launch({ executablePath, args });
}

export async function addRecords(pipeline: Pipeline, records: readonly MadeRecord[]): Promise<void> {
  const Bucket = pipeline.output('StatusBucketName');
  await inTurns(records, 16, async ({ key, record }) => {
    await pipeline.s3.send(new PutObjectCommand({ Bucket, Key: key, Body: JSON.stringify(record) }));
  });
}

/** A whole stack with a simulated cloud, the server of its page, and a browser. */
export class UiWorld {
  readonly pipeline: Pipeline;
  readonly server: UiServer;
  readonly browser: Browser;
  /** What went wrong in the pages, as their consoles say. */
  readonly errors: string[] = [];

  private constructor(pipeline: Pipeline, server: UiServer, browser: Browser) {
    this.pipeline = pipeline;
    this.server = server;
    this.browser = browser;
  }

  static async start(options: PipelineOptions = {}): Promise<UiWorld> {
    const pipeline = await Pipeline.start(options);
    const server = await startUiServer(uiStackOf(pipeline), 0);
    return new UiWorld(pipeline, server, await launchChromium());
  }

  /** The page, in a browser window of its own. */
  async open(options: BrowserContextOptions = {}, url = this.server.url): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
    const page = await context.newPage();
    // Only a hang reaches it: the 30 seconds of Playwright are too short for a busy machine.
    page.setDefaultTimeout(120_000);
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
    page.on('pageerror', (error) => this.errors.push(String(error.stack)));
    await page.goto(url);
    return page;
  }

  /** Puts records into the status bucket, as if there had been so many drops. */
  addRecords(records: readonly MadeRecord[]): Promise<void> {
    return addRecords(this.pipeline, records);
  }

  /** Writes a picture for the documentation, when that is asked for. */
  async picture(page: Page, name: string): Promise<void> {
    if (!picturesAreWanted) return;
    // Not in the middle of a movement.
    await page.waitForTimeout(300);
    await page.screenshot({ path: imageFile(name) });
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.server.close();
    await this.pipeline.stop();
  }
}

export function uiStackOf(pipeline: Pipeline): UiStack {
  return {
    name: 'this machine',
    s3: pipeline.s3,
    sqs: pipeline.sqs,
    dropBucket: pipeline.dropBucket,
    statusBucket: pipeline.output('StatusBucketName'),
    ingestQueueUrl: pipeline.output('IngestQueueUrl'),
  };
}

/** The row of a drop in the list. */
export const rowOf = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });
