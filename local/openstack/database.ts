import { DatabaseSync } from 'node:sqlite';

/**
 * Makes an empty database for a service. With a write-ahead log a reader does not lock a writer out (SQLite,
 * "Write-Ahead Logging"): Keystone leaves reads open while it writes on another connection, and would wait for itself.
 */
export function makeDatabase(file: string): void {
  const database = new DatabaseSync(file);
  try {
    database.exec('PRAGMA journal_mode = WAL');
  } finally {
    database.close();
  }
}

/** Its address for SQLAlchemy, and speed: what the system loses in a power cut is not missed here. */
export function databaseOptions(file: string) {
  return { connection: `sqlite:///${file}`, sqlite_synchronous: false };
}
