import type { Reconciliation } from '../../lambda/model/reconciliation.ts';
import type { QueueStage } from '../../lambda/model/record.ts';
import type { ObjectEvent } from '../../lambda/model/s3-event.ts';
import type {
  BucketListing,
  DeadLetter,
  ListedRecord,
  Page,
  ReconciliationStore,
  StoredReconciliation,
} from '../../lambda/steps/reconcile/ports.ts';
import { type ReconcileReport, reconcile } from '../../lambda/steps/reconcile/reconcile.ts';
import { MemoryWorld } from './memory-world.ts';

/** The world of the steps, seen as reconcile sees it: listings, dead letters and a memory of its own. */
export class ReconcileWorld extends MemoryWorld {
  settings = { dropBucket: 'drops', takesUpAll: false, lostAfterSeconds: 1800, deleteOrphanedImages: false };
  readonly waiting: Record<QueueStage, number> = { ingest: 0, unpack: 0, upload: 0, status: 0 };
  readonly letters: DeadLetter[] = [];
  /** Items of a page. */
  pageSize = 1000;
  /** Pages that were listed. */
  pages = 0;
  reconciliation: StoredReconciliation | undefined;

  readonly queues = {
    waiting: async () => this.waiting,
    deadLetters: async (stage: QueueStage) => this.letters.filter((letter) => letter.stage === stage),
  };
  readonly listing: BucketListing = {
    drops: async (cursor) => this.#page(this.objects.versions.map(eventOf), cursor),
    records: async (cursor) => this.#page(this.#listedRecords(), cursor),
  };
  readonly reconciliations: ReconciliationStore = {
    load: async () => this.reconciliation,
    save: async (reconciliation, replaces) => this.#save(reconciliation, replaces),
  };

  run(request = { dryRun: false }, signal = new AbortController().signal): Promise<ReconcileReport> {
    return reconcile(request, { id: 'reconcile-run', signal }, this);
  }

  /** Runs until a pass is done. */
  async wholePass(): Promise<ReconcileReport> {
    for (;;) {
      const report = await this.run();
      if (report.complete) return report;
    }
  }

  #listedRecords(): ListedRecord[] {
    return [...this.records.stored].map(([key]) => ({ key, lastModified: this.records.changedAt(key) }));
  }

  #page<Item>(all: readonly Item[], cursor = '0'): Page<Item> {
    this.pages += 1;
    const from = Number(cursor);
    const next = from + this.pageSize;
    return { items: all.slice(from, next), ...(next < all.length && { next: String(next) }) };
  }

  #save(reconciliation: Reconciliation, replaces: StoredReconciliation | undefined): boolean {
    if (replaces?.etag !== this.reconciliation?.etag) return false;
    this.reconciliation = { reconciliation, etag: `e${Number(this.reconciliation?.etag.slice(1) ?? 0) + 1}` };
    return true;
  }
}

function eventOf(object: Omit<ObjectEvent, 'eventTime'> & { readonly lastModified: Date }): ObjectEvent {
  const { bucket, key, versionId, etag, size, lastModified } = object;
  return { bucket, key, ...(versionId !== undefined && { versionId }), etag, size, eventTime: lastModified };
}
