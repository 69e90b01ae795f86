import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { lockFolder } from '../../local/folder-lock.ts';
import { STATE_FOLDER } from '../stack/local.ts';
import { interrupted } from '../terminal/exit-codes.ts';
import { dropAndReport } from './drop-and-report.ts';
import { type LocalStack, startLocalStack } from './local-stack.ts';
import type { StartOptions } from './options.ts';
import { serve } from './serve.ts';

/**
 * Runs the whole stack on this machine: with files, until each is an image or has failed; without, until interrupted.
 * @returns the exit code
 */
export function startHere(options: StartOptions): Promise<number> {
  sayWhereDropsGo(options, process.env.OS_CLOUD);
  return withStack(options, (stack, stop) =>
    options.files.length > 0 ? dropAndReport(stack, options, stop) : serve(stack, stop),
  );
}

/** Starts the stack, works with it and stops it. */
export async function withStack<T>(
  options: Omit<StartOptions, 'files'>,
  work: (stack: LocalStack, stop: AbortSignal) => Promise<T>,
): Promise<T> {
  const folder = join(process.cwd(), STATE_FOLDER);
  mkdirSync(folder, { recursive: true });
  const unlock = lockFolder(folder);
  const stop = interrupted();
  let stack: LocalStack | undefined;
  try {
    if (!options.json)
      process.stdout.write(`Starting the stack on this machine (state in ${relative('.', folder)}/) …\n`);
    stack = await startLocalStack(folder, options);
    return await work(stack, stop);
  } finally {
    await stack?.stop();
    unlock();
  }
}

/** A user with OS_CLOUD in every shell does not want a trial to reach that cloud; the text says how to use it on purpose. */
function sayWhereDropsGo({ osCloud }: StartOptions, environmentCloud: string | undefined): void {
  if (osCloud !== undefined || !environmentCloud) return;
  process.stderr.write(
    `Drops go to the simulator, not to ${environmentCloud} (OS_CLOUD): for that say --os-cloud ${environmentCloud}.\n`,
  );
}
