import type { DropRecord } from '../model/record.ts';
import type { RecordStore, StepLog } from '../steps/ports.ts';

/** A record store that writes one log line for each status that a record comes to. */
export function loggedRecords(records: RecordStore, log: StepLog): RecordStore {
  return {
    load: (key) => records.load(key),
    async change(key, decide) {
      let before: DropRecord | undefined;
      const after = await records.change(key, (stored) => {
        before = stored;
        return decide(stored);
      });
      if (after !== undefined && after.status !== before?.status) log.info('drop', lineOf(key, after));
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
