import type { Changes } from '../record-index.ts';
import { ApiError, fetchFrom, keyHeaders } from './session.ts';
import { sseEvents } from './sse.ts';

export type FeedChanges = Omit<Changes, 'seq'>;

export interface FeedListener {
  /** What was known is of another run of the server. */
  onReset(): void;
  onChanges(changes: FeedChanges): void;
  /** @param error undefined: connected */
  onConnection(error: ApiError | undefined): void;
}

const PAUSES_MS = [500, 1000, 2000, 5000];

/**
 * Follows the changes as long as the page is seen: a hidden one holds none of the few connections that a browser has for
 * a server. (EventSource would do, could it send a header.)
 */
export class FeedReader {
  readonly #listener: FeedListener;
  #lastId = '';
  #connection: AbortController | undefined;
  #failures = 0;

  constructor(listener: FeedListener) {
    this.#listener = listener;
  }

  start(): void {
    document.addEventListener('visibilitychange', () => this.#follow());
    this.#follow();
  }

  #follow(): void {
    if (document.hidden) {
      this.#connection?.abort();
      this.#connection = undefined;
      return;
    }
    if (this.#connection !== undefined) return;
    const connection = new AbortController();
    this.#connection = connection;
    void this.#read(connection.signal);
  }

  async #read(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const error = await this.#connect(signal);
      if (signal.aborted) return;
      this.#listener.onConnection(error);
      const pause = PAUSES_MS[Math.min(this.#failures, PAUSES_MS.length - 1)];
      this.#failures += 1;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** @returns why it ended */
  async #connect(signal: AbortSignal): Promise<ApiError> {
    const ended = new ApiError(0, { code: 'no-server', message: 'The server of this page has ended.' });
    try {
      const headers = keyHeaders();
      const response = await fetchFrom(`/api/feed?after=${this.#lastId}`, { headers, signal });
      if (response.body === null) return ended;
      this.#failures = 0;
      this.#listener.onConnection(undefined);
      for await (const event of sseEvents(response.body)) this.#take(event);
      return ended;
    } catch (error) {
      return error instanceof ApiError ? error : ended;
    }
  }

  #take({ type, id, data }: { type: string; id: string; data: string }): void {
    if (type === 'reset') this.#listener.onReset();
    if (type !== 'records') return;
    this.#lastId = id;
    this.#listener.onChanges(JSON.parse(data));
  }
}
