import { isCompanionKey } from '../../lambda/model/metadata-keys.ts';
import type { DropRecord } from '../../lambda/model/record.ts';
import { inTurns } from '../in-turns.ts';
import { recordLine } from '../records/record-line.ts';
import { isOver } from '../records/settled.ts';
import { recordsPrefix } from '../records/status-bucket.ts';
import { lookEveryMs, watchRecords } from '../records/watch-records.ts';
import type { StackConnection } from '../stack/connection.ts';
import { isAt, type StackTarget } from '../stack/targets.ts';
import { type LiveLines, liveLines } from '../terminal/live-lines.ts';
import { statusStyle } from '../terminal/styles.ts';
import type { DropOptions } from './options.ts';
import { type DropOutcome, type Dropped, isDropped } from './outcome.ts';

/** Who waits for records. */
export interface Watcher {
  readonly stack: StackConnection;
  /** None where the stack does not tell: then each record that appears is waited for. */
  readonly targets: readonly StackTarget[];
  readonly stop: AbortSignal;
}

/** Drops that are looked at together: each look is one request. */
const AT_A_TIME = 16;

/** @returns the outcomes with the records that were waited for, as far as they have come in the time there was */
export async function waitForRecords(
  outcomes: readonly DropOutcome[],
  { json, timeoutSeconds }: Pick<DropOptions, 'json' | 'timeoutSeconds'>,
  watcher: Watcher,
): Promise<readonly DropOutcome[]> {
  const end = timeoutSeconds === undefined ? [] : [AbortSignal.timeout(timeoutSeconds * 1000)];
  const stop = AbortSignal.any([watcher.stop, ...end]);
  const lines = json ? undefined : liveLines(process.stdout);
  return inTurns(outcomes, AT_A_TIME, async (outcome) => {
    if (!isDropped(outcome) || isCompanionKey(outcome.key)) return outcome;
    return { ...outcome, records: await recordsOf(outcome, { ...watcher, stop }, lines) };
  });
}

async function recordsOf(
  { key, id }: Dropped,
  { stack, targets, stop }: Watcher,
  lines: LiveLines | undefined,
): Promise<readonly DropRecord[]> {
  const found = new Map<string, DropRecord>();
  const options = { prefix: prefixOf(key, id), everyMs: lookEveryMs(stack) };
  for await (const changed of watchRecords(stack.s3, stack.output('StatusBucketName'), stop, options)) {
    for (const record of changed) {
      if (record.drop.key !== key || record.drop.id !== id || !isAt(record, targets)) continue;
      found.set(record.target, record);
      const subject = targets.length === 1 ? key : `${key} at ${record.target}`;
      lines?.show(`${key} ${record.target}`, recordLine(record, subject), statusStyle(record.status));
    }
    if (isOver([...found.values()], targets)) break;
  }
  return [...found.values()];
}

/** A long key is cut in the keys of its records, and then the drop does not follow it. */
function prefixOf(key: string, id: string): string {
  const prefix = recordsPrefix(key);
  return prefix === `${key}/` ? `${prefix}${id}/` : prefix;
}
