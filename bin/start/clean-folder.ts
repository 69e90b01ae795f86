import { existsSync, globSync, lstatSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFolder } from '../../local/folder-lock.ts';
import { formatBytes } from '../format-bytes.ts';
import { DONE } from '../terminal/exit-codes.ts';
import { stateFolder } from './state-folder.ts';

/** Deletes the state of the stack on this machine. @returns the exit code @throws when a stack runs there */
export async function cleanFolder(dryRun: boolean): Promise<number> {
  const folder = stateFolder();
  if (!existsSync(folder)) {
    process.stdout.write(`Nothing to delete: there is no ${folder}.\n`);
    return DONE;
  }
  const unlock = lockFolder(folder);
  try {
    const bytes = allocatedBytes(folder);
    // An interrupted deletion must not leave half of a state that a stack would start from.
    const doomed = `${folder}.deleting-${process.pid}`;
    if (!dryRun) renameSync(folder, doomed);
    if (!dryRun) await rm(doomed, { recursive: true, maxRetries: 3 });
    process.stdout.write(`${dryRun ? 'Would delete' : 'Deleted'} ${folder}: ${formatBytes(bytes)}.\n`);
    return DONE;
  } finally {
    unlock();
  }
}

/** st_blocks counts units of 512 bytes (POSIX), and disk images have holes. */
const BLOCK_BYTES = 512;

const allocatedBytes = (folder: string): number =>
  globSync('**', { cwd: folder })
    .map((name) => lstatSync(join(folder, name)).blocks * BLOCK_BYTES)
    .reduce((sum, bytes) => sum + bytes, 0);
