import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type AppContext, synthesize } from '../../bin/start/synthesize.ts';

/** Names the folder that all test processes of one run share; `test/run.ts` makes and removes it. */
export const RUN_FOLDER = 'IMAGEDROP_TEST_RUN';

/**
 * The stack as it is synthesized. Synthesis takes several CPU seconds, so a run does it once for each context.
 * @param ownFolder where it is written outside of a test run
 * @returns the folder of the cloud assembly; nobody writes into it
 */
export async function cloudAssembly(context: AppContext, ownFolder: string): Promise<string> {
  const run = process.env[RUN_FOLDER];
  if (run === undefined) {
    await synthesize(ownFolder, context);
    return ownFolder;
  }
  const shared = join(run, createHash('sha256').update(JSON.stringify(context)).digest('hex').slice(0, 16));
  if (!existsSync(shared)) await publish(shared, context, await mkdtemp(join(run, 'synthesis-')));
  return shared;
}

async function publish(shared: string, context: AppContext, folder: string): Promise<void> {
  await synthesize(folder, context);
  try {
    await rename(folder, shared);
  } catch (error) {
    // Another process was faster.
    if (!existsSync(shared)) throw error;
    await rm(folder, { recursive: true });
  }
}
