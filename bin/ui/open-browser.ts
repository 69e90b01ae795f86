import { spawn } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { STATE_FOLDER, writeForOwner } from '../stack/local.ts';

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
export async function openBrowser(url: string): Promise<{ remove: () => Promise<void>; opened: boolean }> {
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
