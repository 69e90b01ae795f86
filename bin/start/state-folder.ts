import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../lambda/model/errors.ts';
import { lockFolder } from '../../local/folder-lock.ts';
import { formatBytes } from '../format-bytes.ts';
import { STATE_FOLDER } from '../stack/local.ts';

/** npm runs its scripts in the project's folder: the state is there, wherever the user is. */
export const stateFolder = (): string => join(process.cwd(), STATE_FOLDER);

/**
 * Makes the folder and keeps a second stack out of it.
 * @returns what releases it
 */
export function takeFolder(folder: string): () => void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new Error(
      `The state of the stack cannot be written to ${folder}: ${messageOf(cause)}. Run the command in a folder that you can write to.`,
      { cause },
    );
  }
  requireSpace(folder);
  return lockFolder(folder);
}

/** Whether a stack holds the folder now. */
export function isTaken(folder: string): boolean {
  try {
    lockFolder(folder)();
    return false;
  } catch {
    return true;
  }
}

/** An upload has four parts of 8 MiB under way, and the functions write logs and records meanwhile. */
const MIN_FREE_BYTES = 32 * 2 ** 20;

/** Without space each request fails and is sent again without end. @throws DiskFull */
export function requireSpace(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free >= MIN_FREE_BYTES) return;
  throw new DiskFull(
    `The disk of ${folder} is full: ${formatBytes(free)} are free, and a stack needs ${formatBytes(MIN_FREE_BYTES)}.`,
  );
}

class DiskFull extends Error {
  override readonly name = 'DiskFull';
  /** By which the next step is found. */
  readonly code = 'ENOSPC';
}
