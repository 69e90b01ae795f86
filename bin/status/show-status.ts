import { printableJson } from '../printable.ts';
import type { StackConnection } from '../stack/connection.ts';
import { recordsOf } from '../stack/records.ts';
import { exitCodeOf } from '../stack/settled.ts';
import { isAt, type StackTarget } from '../stack/targets.ts';
import { INTERRUPTED } from '../terminal/exit-codes.ts';
import { interrupted } from '../terminal/interrupted.ts';
import { stylerFor } from '../terminal/styles.ts';
import { type DropRecords, dropsIn } from './drops.ts';
import type { StatusOptions } from './options.ts';
import { statusReport } from './report.ts';
import { watchDrop } from './watch-drop.ts';
import { sayWhatIsThere } from './without-record.ts';

/** @returns the exit code */
export async function showStatus(
  options: StatusOptions,
  stack: StackConnection,
  targets: readonly StackTarget[],
): Promise<number> {
  const { key, watch, json } = options;
  if (watch) {
    const stop = interrupted();
    await watchDrop(options, stack, targets, stop);
    if (stop.aborted) return INTERRUPTED;
  }
  const drops = await dropsOf(key, stack, targets);
  const [last] = drops;
  if (last === undefined) return sayWhatIsThere(key, stack, json);
  if (!json) process.stdout.write(statusReport(drops, options, new Date(), stylerFor(process.stdout)));
  else if (!watch) process.stdout.write(`${printableJson(drops.flat(), 2)}\n`);
  return exitCodeOf(last, targets);
}

async function dropsOf(
  key: string,
  stack: StackConnection,
  targets: readonly StackTarget[],
): Promise<readonly DropRecords[]> {
  const found = await recordsOf(stack.s3, stack.output('StatusBucketName'), key);
  const records = found.map(({ record }) => record);
  return dropsIn(records.filter((record) => isAt(record, targets)));
}
