import type { RecordDraft } from '../../lambda/model/record-changes.ts';
import type { MemoryWorld } from './memory-world.ts';

export interface Stalled<W> {
  /** The world of the writer that stalls. */
  readonly world: W;
  readonly stalls: Promise<void>;
  goOn(): void;
}

/** A writer that stalls between its decision and its write, once; S3 then refuses, and it decides anew. */
export function stalledAt<W extends MemoryWorld>(world: W, isMeant: (next: RecordDraft) => boolean): Stalled<W> {
  const [stalled, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const change: MemoryWorld['records']['change'] = async (key, decide) => {
    const next = decide(await world.records.load(key));
    if (next !== undefined && isMeant(next)) {
      stalled.resolve();
      await released.promise;
    }
    return world.records.change(key, decide);
  };
  const records = { load: world.records.load.bind(world.records), keysBelow: async () => [], change };
  return { world: { ...world, records } as never, stalls: stalled.promise, goOn: released.resolve };
}
