import { report } from './report.ts';

/** @returns the exit code: 0 when MariaDB, Keystone and Glance run, else 1 */
export async function status(folder: string): Promise<number> {
  return (await report(folder)) ? 0 : 1;
}
