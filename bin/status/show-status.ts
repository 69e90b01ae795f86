import type { DropRecord } from '../../lambda/model/record.ts';
import { printableJson } from '../printable.ts';
import { dropsIn } from '../records/drops.ts';
import { exitCodeOf } from '../records/settled.ts';
import { recordsOf } from '../records/status-bucket.ts';
import type { StackConnection } from '../stack/connection.ts';
import { isAt, type StackTarget } from '../stack/targets.ts';
import { INTERRUPTED, interrupted } from '../terminal/exit-codes.ts';
import { stylerFor } from '../terminal/styles.ts';
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
  const records = await recordsUnder(key, stack);
  const drops = dropsIn(records.filter((record) => isAt(record, targets)));
  const [last] = drops;
  if (last === undefined) return sayWhatIsThere(key, dropsIn(records)[0], stack, json);
  if (!json) process.stdout.write(statusReport(drops, options, new Date(), stylerFor(process.stdout)));
  else if (!watch) process.stdout.write(`${printableJson(drops.flat(), 2)}\n`);
  return exitCodeOf(last, targets);
}

async function recordsUnder(key: string, stack: StackConnection): Promise<readonly DropRecord[]> {
  const found = await recordsOf(stack.s3, stack.output('StatusBucketName'), key);
  return found.map(({ record }) => record);
}
