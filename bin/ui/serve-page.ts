import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { printable, printableJson } from '../printable.ts';
import type { StackConnection } from '../stack/connection.ts';
import { STATE_FOLDER, writeForOwner } from '../stack/local.ts';
import { DONE, FAILED, interrupted } from '../terminal/exit-codes.ts';
import type { UiOptions } from './options.ts';
import { startUiServer, type UiServer } from './server.ts';
import { uiStack } from './stack.ts';

/**
 * Serves the page of a stack until it is interrupted.
 * @returns the exit code: 0, or 1 where an upload that was under way could not be given up
 */
export async function servePage(stack: StackConnection, options: UiOptions): Promise<number> {
  const stop = interrupted();
  const server = await startUiServer(await uiStack(stack), options.port);
  const remove = await announce(server, options);
  await Promise.all(stop.aborted ? [] : [once(stop, 'abort')]);
  await remove();
  return say(await server.close());
}

/** @returns what takes back what was written for the browser */
async function announce(server: UiServer, { json, open }: UiOptions): Promise<() => Promise<void>> {
  process.stdout.write(
    json ? `${printableJson({ url: server.url })}\n` : `The page is at\n  ${server.url}\nCtrl-C ends it.\n`,
  );
  if (!open) return async () => {};
  const { remove, opened } = await openBrowser(server.url);
  if (!opened) process.stderr.write('There is no program to open a browser with: open the address yourself.\n');
  server.onSession(() => void remove());
  return remove;
}

function say(left: readonly unknown[]): number {
  for (const error of left) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(
      `imagedrop: an upload could not be given up: ${printable(message)} Its parts go away after seven days.\n`,
    );
  }
  return left.length === 0 ? DONE : FAILED;
}

/** What opens a file in the browser of the user; on each system it ends at once and leaves the browser running. */
const OPENERS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};
const OTHERWISE = ['xdg-open'];

/**
 * Shows an address in the browser by way of a file that its owner alone can read: a command line is seen by all users of
 * the machine, and the address holds a secret.
 * @returns what removes the file, and whether there was a program to open it
 */
async function openBrowser(url: string): Promise<{ remove: () => Promise<void>; opened: boolean }> {
  const folder = join(process.env.INIT_CWD ?? process.cwd(), STATE_FOLDER);
  await mkdir(folder, { recursive: true });
  const file = join(folder, `ui-${process.pid}.html`);
  await writeForOwner(file, redirectTo(url));
  const remove = () => rm(file, { force: true });
  return { remove, opened: await run(pathToFileURL(file).href) };
}

const redirectTo = (url: string) =>
  `<!doctype html><meta charset="utf-8"><title>imagedrop</title><meta http-equiv="refresh" content="0;url=${url}">\n`;

function run(fileUrl: string): Promise<boolean> {
  const [command = '', ...args] = OPENERS[process.platform] ?? OTHERWISE;
  return new Promise((resolve) => {
    const child = spawn(command, [...args, fileUrl], { stdio: 'ignore', detached: true });
    // A machine without a desktop has no such program: the address is printed all the same.
    child.on('error', () => resolve(false));
    child.on('spawn', () => resolve(true));
    child.unref();
  });
}
