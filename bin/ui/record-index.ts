import type { S3Client } from '@aws-sdk/client-s3';
import type { DropRecord } from '../../lambda/model/record.ts';
import { inTurns } from '../in-turns.ts';
import { type ListedRecord, listRecords, loadRecord, UnreadableRecord } from '../records/status-bucket.ts';
import { type DropSummary, summaryOf } from './summary.ts';
import { asUiError } from './ui-error.ts';

/** What has changed since a number that an earlier answer gave. */
export interface Changes {
  /** To ask by the next time. */
  readonly seq: number;
  readonly changed: readonly DropSummary[];
  /** Keys of records that are gone. */
  readonly removed: readonly string[];
  readonly state: IndexState;
  /** Whether there is more already. */
  readonly more: boolean;
}

export interface IndexState {
  /** Records in the bucket; undefined until it has been listed once. */
  readonly total?: number | undefined;
  /** Records that are still to be read. */
  readonly unread: number;
  readonly problem?: { readonly code: string; readonly message: string; readonly nextStep?: string | undefined };
}

interface Entry {
  readonly key: string;
  readonly etag: string;
  readonly seq: number;
  /** Absent: the record is gone. */
  readonly summary?: DropSummary;
}

/** The records that an index reads. */
export interface RecordSource {
  /** Pages of up to 1,000. */
  pages(): AsyncIterable<readonly ListedRecord[]>;
  /** @returns undefined if there is no such record. @throws UnreadableRecord */
  load(key: string): Promise<DropRecord | undefined>;
}

export const recordSource = (client: S3Client, bucket: string): RecordSource => ({
  pages: () => listRecords(client, bucket),
  load: (key) => loadRecord(client, bucket, key),
});

/** Reads at a time: enough to hide the latency of S3, and few enough for a small machine. */
const READS_AT_A_TIME = 16;
/** Read between two looks at who listens. */
const BATCH = 128;

/**
 * What is known of all records, kept up to date by listings of the status bucket: whose ETag is another since is read
 * again, and nothing else. The newest are read first.
 */
export class RecordIndex {
  /** By record, in the order of their last change. */
  readonly #entries = new Map<string, Entry>();
  readonly #source: RecordSource;
  readonly #listeners = new Set<() => void>();
  readonly #unreadable = new Set<string>();
  #seq = 0;
  #isNews = false;
  #state: IndexState = { unread: 0 };

  constructor(source: RecordSource) {
    this.#source = source;
  }

  /** Calls back after each change, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @param since 0 for all */
  changesSince(since: number, atMost: number): Changes {
    const later = Array.from(this.#entries.values()).filter(({ seq }) => seq > since);
    const page = later.slice(0, atMost);
    return {
      seq: page.at(-1)?.seq ?? Math.max(since, 0),
      changed: page.flatMap(({ summary }) => (summary === undefined ? [] : [summary])),
      removed: page.filter(({ summary }) => summary === undefined).map(({ key }) => key),
      state: this.#state,
      more: later.length > page.length,
    };
  }

  /**
   * Looks at the bucket once. What goes wrong becomes the state.
   * @returns how many pages its listing had
   */
  async refresh(signal: AbortSignal): Promise<number> {
    try {
      const { listed, pageCount } = await this.#list();
      this.#forgetAllBut(listed);
      const stale = listed.filter(({ key, etag }) => this.#entries.get(key)?.etag !== etag);
      await this.#read(stale, listed.length, signal);
      return pageCount;
    } catch (error) {
      const { code, message, nextStep } = asUiError(error);
      this.#tell({ ...this.#state, problem: { code, message, nextStep } });
      return 1;
    }
  }

  async #list(): Promise<{ listed: ListedRecord[]; pageCount: number }> {
    const listed: ListedRecord[] = [];
    let pageCount = 0;
    for await (const page of this.#source.pages()) {
      listed.push(...page);
      pageCount += 1;
    }
    return { listed: listed.sort((a, b) => b.modifiedAt - a.modifiedAt), pageCount };
  }

  async #read(stale: readonly ListedRecord[], total: number, signal: AbortSignal): Promise<void> {
    for (let from = 0; from < stale.length && !signal.aborted; from += BATCH) {
      const batch = stale.slice(from, from + BATCH);
      await inTurns(batch, READS_AT_A_TIME, (listed) => this.#readOne(listed));
      this.#tellOf(total, stale.length - from - batch.length);
    }
    if (stale.length === 0 && !signal.aborted) this.#tellOf(total, 0);
  }

  #tellOf(total: number, unread: number): void {
    const [key] = this.#unreadable;
    if (key === undefined) {
      this.#tell({ total, unread });
      return;
    }
    const message = `The record ${key} cannot be read; ${this.#unreadable.size} of them in all.`;
    const nextStep = 'Bring its former version back: the status bucket keeps them for 30 days.';
    this.#tell({ total, unread, problem: { code: 'unreadable-record', message, nextStep } });
  }

  async #readOne({ key, etag }: ListedRecord): Promise<void> {
    this.#unreadable.delete(key);
    try {
      const record = await this.#source.load(key);
      this.#put({ key, etag, ...(record !== undefined && { summary: summaryOf(key, record) }) });
    } catch (error) {
      // Somebody has changed it by hand: it must not keep the others from being shown.
      if (!(error instanceof UnreadableRecord || error instanceof TypeError)) throw error;
      this.#put({ key, etag });
      this.#unreadable.add(key);
    }
  }

  #forgetAllBut(listed: readonly ListedRecord[]): void {
    const keys = new Set(listed.map(({ key }) => key));
    for (const { key, summary } of this.#entries.values()) {
      if (!keys.has(key)) this.#unreadable.delete(key);
      if (summary !== undefined && !keys.has(key)) this.#put({ key, etag: '' });
    }
  }

  #put(entry: Omit<Entry, 'seq'>): void {
    this.#seq += 1;
    // To the end: the order of the map is that of the numbers.
    this.#entries.delete(entry.key);
    this.#entries.set(entry.key, { ...entry, seq: this.#seq });
    this.#isNews = true;
  }

  /** Silent where nothing is new. */
  #tell(state: IndexState): void {
    const isSame = JSON.stringify(state) === JSON.stringify(this.#state);
    this.#state = state;
    if (isSame && !this.#isNews) return;
    this.#isNews = false;
    for (const listener of this.#listeners) listener();
  }
}
