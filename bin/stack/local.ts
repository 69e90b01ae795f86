import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Everything that the stack on this machine remembers lies here; deleting it starts afresh. */
export const STATE_FOLDER = '.imagedrop';

/** What another process needs to work with a stack that runs on this machine. */
export interface PublishedStack {
  /** AWS_* variables for any client. */
  readonly environment: Readonly<Record<string, string>>;
  /** The template's. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** Only its owner may read it: there are keys in it. */
const OWNER_ONLY = 0o600;

const fileIn = (folder: string): string => join(folder, 'running.json');

/** Lets other commands find the stack while it runs. @returns what ends that */
export async function publishStack(folder: string, stack: PublishedStack): Promise<() => Promise<void>> {
  const file = fileIn(folder);
  await rm(file, { force: true });
  await writeFile(file, `${JSON.stringify(stack, undefined, 2)}\n`, { mode: OWNER_ONLY });
  return () => rm(file, { force: true });
}

/** @returns undefined when no stack runs in this folder */
export async function runningStack(folder: string): Promise<PublishedStack | undefined> {
  try {
    return JSON.parse(await readFile(fileIn(folder), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
