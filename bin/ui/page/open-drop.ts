import type { DropRecord } from '../../../lambda/model/record.ts';
import type { DropChecks } from '../checks.ts';
import { ApiError, api } from './session.ts';
import type { RetryProps } from './trouble.ts';

/** The drop whose page is open. */
export class OpenDrop {
  readonly key: string;
  record: DropRecord | undefined;
  /** Why there is no record to be shown. */
  problem: ApiError | undefined;
  /** Undefined while they are made. */
  checks: DropChecks | ApiError | undefined;
  #retryState: RetryProps['state'] = 'idle';
  #retryError: ApiError | undefined;
  readonly #onChange: () => void;

  constructor(key: string, onChange: () => void) {
    this.key = key;
    this.#onChange = onChange;
  }

  get retry(): RetryProps {
    return { state: this.#retryState, error: this.#retryError, onRetry: () => void this.#askForRetry() };
  }

  /** Record and checks, for the first time. */
  async open(): Promise<void> {
    await this.refresh();
    if (this.record === undefined) return;
    this.checks = await this.#ask<DropChecks>('checks');
    this.#onChange();
  }

  /** The record anew, because it has changed. */
  async refresh(): Promise<void> {
    const answer = await this.#ask<DropRecord>('record');
    if (answer instanceof ApiError) this.problem = answer;
    else this.#take(answer);
    this.#onChange();
  }

  #take(record: DropRecord): void {
    // An answer that was overtaken by another.
    if ((this.record?.revision ?? 0) > record.revision) return;
    // Whatever became of it: where it has failed again, it can be asked for again.
    if (this.#retryState === 'asked' && this.record?.revision !== record.revision) this.#retryState = 'idle';
    this.record = record;
    this.problem = undefined;
  }

  #ask<T>(what: string): Promise<T | ApiError> {
    return api<T>('GET', `/api/${what}?key=${encodeURIComponent(this.key)}`).catch(asApiError);
  }

  async #askForRetry(): Promise<void> {
    this.#retryState = 'asking';
    this.#onChange();
    const answer = await api('POST', '/api/retries', { record: this.key }).catch(asApiError);
    this.#retryError = answer instanceof ApiError ? answer : undefined;
    this.#retryState = answer instanceof ApiError ? 'idle' : 'asked';
    this.#onChange();
  }
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  throw error;
}
