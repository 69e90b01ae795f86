import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
}

export interface StoredMessage {
  readonly queueArn: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  /** Milliseconds since 1970; 0: at once. */
  readonly visibleAtMs: number;
}

export interface MessageFileOptions {
  /** Gives all messages as they are now. */
  readonly messages: () => Promise<readonly StoredMessage[]>;
  readonly onError: (error: unknown) => void;
}

/** Many changes share one write. If the process is killed, the changes of this time are lost. */
const WRITE_PAUSE_MS = 100;
/** With thousands of messages a write takes longer: then at most a tenth of the time is spent on it. */
const WRITE_SHARE = 0.1;

/**
 * The messages of all queues in one JSON file, written shortly after each change. After a kill a few messages may arrive
 * again and a few may be missing: the pipeline allows both, and reconcile runs at each start and finds drops without a record.
 */
export class MessageFile {
  readonly #path: string;
  readonly #options: MessageFileOptions;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #pauseMs = WRITE_PAUSE_MS;

  constructor(folder: string, options: MessageFileOptions) {
    this.#path = join(folder, 'messages.json');
    this.#options = options;
  }

  /** @returns the messages of the last start; none if there was none */
  async read(): Promise<readonly StoredMessage[]> {
    try {
      return JSON.parse(await readFile(this.#path, 'utf8')) as readonly StoredMessage[];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  /** Writes soon. */
  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#writing.then(() => this.#write()).catch(this.#options.onError);
    }, this.#pauseMs);
  }

  /** Writes for the last time. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#write();
  }

  async #write(): Promise<void> {
    const began = performance.now();
    const temporary = `${this.#path}.new`;
    await mkdir(dirname(this.#path), { recursive: true });
    // Messages may carry keys of drops: only the owner reads them.
    await writeFile(temporary, JSON.stringify(await this.#options.messages()), { mode: 0o600 });
    await rename(temporary, this.#path);
    this.#pauseMs = Math.max(WRITE_PAUSE_MS, (performance.now() - began) / WRITE_SHARE);
  }
}
