/** What reconcile needs beside what every step works with. */

import type { Reconciliation } from '../../model/reconciliation.ts';
import type { QueueStage } from '../../model/record.ts';
import type { ObjectEvent } from '../../model/s3-event.ts';
import type { BeginningStore, StepDependencies } from '../ports.ts';

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Where the next page begins; absent after the last. */
  readonly next?: string;
}

export interface ListedRecord {
  readonly key: string;
  readonly lastModified: Date;
}

/** Both buckets, page by page. Fails with `aws-unavailable`. */
export interface BucketListing {
  /** Every version of every drop, each as the event of its arrival would tell it. */
  drops(cursor?: string): Promise<Page<ObjectEvent>>;
  records(cursor?: string): Promise<Page<ListedRecord>>;
}

/** A message that its function could not handle, however often it was delivered. */
export interface DeadLetter {
  readonly stage: QueueStage;
  readonly messageId: string;
  readonly body: string;
  /** Absent where the queue does not say: then it is older than anything. */
  readonly sentAt?: Date;
}

export interface StageQueues {
  /** Messages that wait to be received, by stage; delayed and invisible ones do not count. */
  waiting(): Promise<Readonly<Record<QueueStage, number>>>;
  /** The dead letters of a stage, ten thousand at most. They stay where they are. */
  deadLetters(stage: QueueStage): Promise<readonly DeadLetter[]>;
}

export interface ReconciliationStore {
  /** @returns undefined before the first run */
  load(): Promise<StoredReconciliation | undefined>;
  /** @returns false when another run was faster */
  save(reconciliation: Reconciliation, replaces: StoredReconciliation | undefined): Promise<boolean>;
}

export interface StoredReconciliation {
  readonly reconciliation: Reconciliation;
  readonly etag: string;
}

export interface ReconcileSettings {
  readonly dropBucket: string;
  /** Whether everything in the drop bucket was dropped for this stack, before the first run of reconcile, too. */
  readonly takesUpAll: boolean;
  /** Seconds without a sign after which a message counts as lost. Longer than any pause that a message is given. */
  readonly lostAfterSeconds: number;
  readonly deleteOrphanedImages: boolean;
}

export interface ReconcileDependencies extends StepDependencies {
  readonly listing: BucketListing;
  readonly queues: StageQueues;
  readonly reconciliations: ReconciliationStore;
  readonly beginnings: BeginningStore;
  readonly settings: ReconcileSettings;
}
