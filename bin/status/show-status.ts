import type { DropRecord } from '../../lambda/model/record.ts';
import { printable, printableJson } from '../printable.ts';
import { dropsIn } from '../records/drops.ts';
import { recordLine } from '../records/record-line.ts';
import { exitCodeOf, isOver } from '../records/settled.ts';
import { recordsOf, recordsPrefix } from '../records/status-bucket.ts';
import { lookEveryMs, watchRecords } from '../records/watch-records.ts';
import type { StackConnection } from '../stack/connection.ts';
import { isAt, type StackTarget } from '../stack/targets.ts';
import { INTERRUPTED, interrupted } from '../terminal/exit-codes.ts';
import { liveLines } from '../terminal/live-lines.ts';
import { statusStyle, stylerFor } from '../terminal/styles.ts';
import type { StatusOptions } from './options.ts';
import { statusReport } from './report.ts';
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

/** Shows what becomes of the last drop of a key, until it is settled at all targets that it goes to, or the time is over. */
async function watchDrop(
  { key, json, timeoutSeconds }: StatusOptions,
  stack: StackConnection,
  targets: readonly StackTarget[],
  stop: AbortSignal,
): Promise<void> {
  const end = timeoutSeconds === undefined ? [] : [AbortSignal.timeout(timeoutSeconds * 1000)];
  const show = json ? showJson : showLines(targets.length > 1);
  const options = { prefix: recordsPrefix(key), everyMs: lookEveryMs(stack) };
  const records = new Map<string, DropRecord>();
  let isFirstLook = true;
  const looks = watchRecords(stack.s3, stack.output('StatusBucketName'), AbortSignal.any([stop, ...end]), options);
  for await (const changed of looks) {
    const ours = changed.filter((record) => record.drop.key === key);
    for (const record of ours) records.set(`${record.drop.id} ${record.target}`, record);
    if (isFirstLook && records.size === 0) sayThatItWaits(key);
    isFirstLook = false;
    const [last = []] = dropsIn([...records.values()]);
    for (const record of ours.filter((each) => last.includes(each) && isAt(each, targets))) show(record);
    if (isOver(last, targets)) return;
  }
}

const sayThatItWaits = (key: string): void =>
  void process.stderr.write(`${printable(JSON.stringify(key))} has no record yet; waiting for one …\n`);

const showJson = (record: DropRecord): void => void process.stdout.write(`${printableJson(record)}\n`);

function showLines(withTarget: boolean): (record: DropRecord) => void {
  const lines = liveLines(process.stdout);
  return (record) => {
    const subject = withTarget ? `${record.drop.key} at ${record.target}` : record.drop.key;
    lines.show(`${record.drop.id} ${record.target}`, recordLine(record, subject), statusStyle(record.status));
  };
}
