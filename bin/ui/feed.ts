import type { ServerResponse } from 'node:http';
import type { Changes, RecordIndex } from './record-index.ts';
import type { RecordWatch } from './record-watch.ts';

/** Documents of about 400 bytes each: some 200 KB, which a browser takes in one go. */
const RECORDS_PER_EVENT = 500;
/** Proxies and sleeping machines drop connections that say nothing. */
const HEARTBEAT_MS = 15_000;

export interface FeedParts {
  readonly index: RecordIndex;
  readonly watch: RecordWatch;
  /** Of this run of the server: numbers of another run mean nothing. */
  readonly epoch: string;
}

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): first what is new since the last
 * event that the page has had, then each change.
 * @param lastId `<epoch>.<seq>`; of another epoch or empty: everything is new
 */
export function openFeed(response: ServerResponse, lastId: string, { index, watch, epoch }: FeedParts): void {
  const [itsEpoch, seq] = lastId.split('.');
  const isSame = itsEpoch === epoch;
  const feed = new Feed(response, index, epoch, isSame ? Number(seq) || 0 : 0);
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  if (!isSame) response.write('event: reset\ndata: {}\n\n');
  const unlisten = index.onChange(() => feed.push());
  const leave = watch.look();
  const heartbeat = setInterval(() => response.write(':\n\n'), HEARTBEAT_MS);
  response.on('close', () => {
    clearInterval(heartbeat);
    unlisten();
    leave();
  });
  feed.push();
}

/** Sends as fast as the page takes it; what changes meanwhile goes together in the next event. */
class Feed {
  readonly #response: ServerResponse;
  readonly #index: RecordIndex;
  readonly #epoch: string;
  #seq: number;
  #isWaiting = false;

  constructor(response: ServerResponse, index: RecordIndex, epoch: string, seq: number) {
    this.#response = response;
    this.#index = index;
    this.#epoch = epoch;
    this.#seq = seq;
  }

  push(): void {
    if (this.#isWaiting || this.#response.destroyed) return;
    const changes = this.#index.changesSince(this.#seq, RECORDS_PER_EVENT);
    this.#seq = changes.seq;
    const isTaken = this.#response.write(this.#event(changes));
    if (isTaken && !changes.more) return;
    this.#isWaiting = true;
    const goOn = () => {
      this.#isWaiting = false;
      this.push();
    };
    if (isTaken) setImmediate(goOn);
    else this.#response.once('drain', goOn);
  }

  #event({ seq, ...changes }: Changes): string {
    return `event: records\nid: ${this.#epoch}.${seq}\ndata: ${JSON.stringify(changes)}\n\n`;
  }
}
