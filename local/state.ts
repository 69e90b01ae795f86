import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Ports {
  readonly s3?: number;
  /** SQS, SNS and Secrets Manager. */
  readonly gate?: number;
}

/** What stays the same from one start to the next, besides objects and messages. */
export interface StackState {
  /** The access keys follow from it. */
  readonly secret: string;
  readonly ports: Ports;
}

/** Creates the folder and the state inside it where there is none yet. */
export async function readState(folder: string): Promise<StackState> {
  await mkdir(folder, { recursive: true });
  try {
    return JSON.parse(await readFile(stateFile(folder), 'utf8')) as StackState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { secret: randomBytes(32).toString('hex'), ports: {} };
  }
}

/** Only its owner may read it: with the secret one may do everything on this stack. */
export async function writeState(folder: string, state: StackState): Promise<void> {
  const temporary = `${stateFile(folder)}.new`;
  await writeFile(temporary, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, stateFile(folder));
}

function stateFile(folder: string): string {
  return join(folder, 'stack.json');
}

/**
 * Starts a server on the port that is asked for; else on the one it had before, or on a free one where that is taken.
 * @param start rejects with the code EADDRINUSE when the port is taken; 0 stands for any free port
 */
export async function startOnPort<T>(
  asked: number | undefined,
  before: number | undefined,
  start: (port: number) => Promise<T>,
): Promise<T> {
  try {
    return await start(asked ?? before ?? 0);
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    if (asked !== undefined || before === undefined || !taken) throw error;
    return await start(0);
  }
}
