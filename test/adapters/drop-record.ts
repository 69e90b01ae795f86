import type { RecordDraft } from '../../lambda/model/record-changes.ts';

/** A record that has just been made, with changes. */
export function recordDraft(changes: Partial<RecordDraft> = {}): RecordDraft {
  return {
    schema: 1,
    status: 'received',
    drop: { bucket: 'drops', key: 'a.qcow2', id: 'v1', etag: 'e', size: 10, droppedAt: '2026-01-02T03:04:05.000Z' },
    target: 'here',
    generation: 1,
    attempts: 0,
    history: [{ status: 'received', at: '2026-01-02T03:04:06.000Z' }],
    ...changes,
  };
}
