import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** A file in each folder that was ever locked. */
export const LOCK_FILE = 'lock.db';

/**
 * Keeps a second stack out of a folder. The system releases the lock with the process, however that ends, as no file
 * with a process id could.
 * @returns what releases it
 * @throws Error when another stack holds it
 */
export function lockFolder(folder: string): () => void {
  const database = new DatabaseSync(join(folder, LOCK_FILE));
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw new Error(`A stack is running in ${folder} already`, { cause });
  }
  return () => database.close();
}
