import type { BegunUpload } from '../uploads.ts';
import { sendPart } from './send-part.ts';
import { ApiError, api } from './session.ts';
import { Speed } from './speed.ts';
import type { Turns } from './turns.ts';

export type UploadState = 'waiting' | 'sending' | 'finishing' | 'arrived' | 'stopped' | 'cancelled';

/** Seconds between the attempts of one part; a longer interruption is shown. */
const RETRY_AFTER_SECONDS = [1, 2, 4, 8];
const PARTS_OF_ONE_FILE = 3;

/** Whether the drop bucket takes parts from a page: found out by the first, for all. */
let goesStraight = true;

/** One file on its way to the bucket. */
export class FileUpload {
  readonly file: File;
  readonly key: string;
  state: UploadState = 'waiting';
  /** Why it stopped. */
  error: ApiError | undefined;
  /** The version that it became; undefined in a bucket without versions. */
  versionId: string | undefined;
  #begun: BegunUpload | undefined;
  #cancel = new AbortController();
  #speed = new Speed();
  /** Bytes of each part that have gone out. */
  readonly #sent = new Map<number, number>();
  readonly #done = new Set<number>();
  readonly #turns: Turns;
  readonly #onChange: () => void;

  /** @param turns shared by all files: a browser has six connections for a server, and the page needs some of them */
  constructor(file: File, key: string, turns: Turns, onChange: () => void) {
    this.file = file;
    this.key = key;
    this.#turns = turns;
    this.#onChange = onChange;
  }

  get sentBytes(): number {
    return Array.from(this.#sent.values()).reduce((sum, bytes) => sum + bytes, 0);
  }

  get bytesPerSecond(): number {
    return this.#speed.bytesPerSecond;
  }

  /** Milliseconds; undefined while it is unknown. */
  get timeLeft(): number | undefined {
    return this.bytesPerSecond === 0 ? undefined : ((this.file.size - this.sentBytes) / this.bytesPerSecond) * 1000;
  }

  /** Sends what has not arrived yet: all of it, or what is left of a try before. Never rejects. */
  async send(): Promise<void> {
    // Given up while it waited its turn.
    if (this.state === 'cancelled') return;
    this.#cancel = new AbortController();
    this.#speed = new Speed();
    this.error = undefined;
    this.#move('sending');
    try {
      this.#begun ??= await api<BegunUpload>('POST', '/api/uploads', { key: this.key, size: this.file.size });
      await this.#sendParts(this.#begun);
      this.#move('finishing');
      const { versionId } = await api<{ versionId?: string }>('POST', `/api/uploads/${this.#begun.id}/complete`);
      this.versionId = versionId;
      this.#move('arrived');
    } catch (error) {
      this.#stop(error);
    }
  }

  /** Gives it up, so that S3 forgets what has arrived. @returns whether it did */
  async cancel(): Promise<boolean> {
    this.#cancel.abort();
    try {
      if (this.#begun !== undefined) await api('DELETE', `/api/uploads/${this.#begun.id}`);
      this.#move('cancelled');
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.error = error;
      this.#move('stopped');
      return error.status === 404;
    }
  }

  #stop(error: unknown): void {
    if (this.#cancel.signal.aborted) return;
    // What else is under way would be sent twice by the next try.
    this.#cancel.abort();
    const message = error instanceof Error ? error.message : String(error);
    this.error = error instanceof ApiError ? error : new ApiError(0, { code: 'unreadable-file', message });
    // An upload that the server does not know any more begins anew.
    if (this.error.status === 404 || this.error.status === 409) this.#restart();
    this.#move('stopped');
  }

  #restart(): void {
    this.#begun = undefined;
    this.#done.clear();
    this.#sent.clear();
  }

  async #sendParts(begun: BegunUpload): Promise<void> {
    const numbers = Array.from({ length: begun.parts }, (_, index) => index + 1).filter(
      (part) => !this.#done.has(part),
    );
    const queue = numbers.values();
    const worker = async () => {
      for (const part of queue) await this.#turns.run(() => this.#sendPart(begun, part));
    };
    await Promise.all(Array.from({ length: PARTS_OF_ONE_FILE }, worker));
  }

  async #sendPart({ id, partBytes }: BegunUpload, part: number): Promise<void> {
    const bytes = this.file.slice((part - 1) * partBytes, part * partBytes);
    for (const seconds of [...RETRY_AFTER_SECONDS, undefined]) {
      this.#cancel.signal.throwIfAborted();
      try {
        await this.#put(`/api/uploads/${id}/parts/${part}`, part, bytes);
        this.#done.add(part);
        this.#count(part, bytes.size);
        return;
      } catch (error) {
        this.#count(part, 0);
        if (seconds === undefined || !isPassing(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      }
    }
  }

  /** To S3 by a presigned URL; through the server of the page where the bucket does not take it from a page. */
  async #put(path: string, part: number, bytes: Blob): Promise<void> {
    const common = { bytes, signal: this.#cancel.signal, onProgress: (sent: number) => this.#count(part, sent) };
    if (goesStraight) {
      const { url } = await api<{ url: string }>('GET', path);
      try {
        return await sendPart({ ...common, url });
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 0)) throw error;
        goesStraight = false;
      }
    }
    return sendPart({ ...common, url: path });
  }

  #count(part: number, sent: number): void {
    this.#sent.set(part, sent);
    this.#speed.add(this.sentBytes, performance.now());
    this.#onChange();
  }

  #move(state: UploadState): void {
    if (this.state === 'cancelled') return;
    this.state = state;
    this.#onChange();
  }
}

/** A broken connection, or a server in trouble; a refusal stays one. */
function isPassing(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status >= 500);
}
