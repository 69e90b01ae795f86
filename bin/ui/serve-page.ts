import { once } from 'node:events';
import { printable, printableJson } from '../printable.ts';
import type { StackConnection } from '../stack/connection.ts';
import { DONE, FAILED, interrupted } from '../terminal/exit-codes.ts';
import { openBrowser } from './open-browser.ts';
import type { UiOptions } from './options.ts';
import { startUiServer, type UiServer } from './server.ts';
import { uiStack } from './stack.ts';

/**
 * Serves the page of a stack until it is interrupted.
 * @returns the exit code: 0, or 1 where an upload that was under way could not be given up
 */
export async function servePage(stack: StackConnection, options: UiOptions): Promise<number> {
  const stop = interrupted();
  const server = await startUiServer(uiStack(stack), options.port);
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
