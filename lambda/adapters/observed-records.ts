import type { DropRecord } from '../model/record.ts';
import type { RecordStore, StepLog } from '../steps/ports.ts';

export interface RecordObserver {
  readonly log: StepLog;
  /** Told of each status that a record comes to, for the operator's metrics. */
  readonly count: (key: string, record: DropRecord) => void;
}

/** A record store that writes one log line, and counts one drop, for each status that a record comes to. */
export function observedRecords(records: RecordStore, { log, count }: RecordObserver): RecordStore {
  return {
    load: (key) => records.load(key),
    keysBelow: (prefix) => records.keysBelow(prefix),
    async change(key, decide) {
      let before: DropRecord | undefined;
      const after = await records.change(key, (stored) => {
        before = stored;
        return decide(stored);
      });
      if (after !== undefined && after.status !== before?.status) {
        log.info('drop', lineOf(key, after));
        count(key, after);
      }
      return after;
    },
  };
}

function lineOf(key: string, { status, drop, target, image, error }: DropRecord): Record<string, unknown> {
  return {
    record: key,
    status,
    target,
    bucket: drop.bucket,
    key: drop.key,
    dropId: drop.id,
    ...(image !== undefined && { imageId: image.id }),
    ...(error !== undefined && { code: error.code, reason: error.message }),
  };
}
