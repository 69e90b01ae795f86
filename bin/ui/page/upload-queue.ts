import type { DropStore } from './drop-store.ts';
import { FileUpload } from './file-upload.ts';
import { Turns } from './turns.ts';

/** Small files go side by side, for most of their time is waiting. */
const FILES_AT_A_TIME = 3;
/** Of the six connections that a browser has for a server, two are left for the page. */
const PARTS_AT_A_TIME = 4;

/** The files that were dropped onto the page. */
export class UploadQueue {
  readonly #uploads: FileUpload[] = [];
  readonly #files = new Turns(FILES_AT_A_TIME);
  readonly #parts = new Turns(PARTS_AT_A_TIME);
  readonly #onChange: () => void;
  /** Called once, when a file has arrived, has stopped or was given up. */
  readonly #onEnd: (upload: FileUpload) => void;

  constructor(onChange: () => void, onEnd: (upload: FileUpload) => void) {
    this.#onChange = onChange;
    this.#onEnd = onEnd;
  }

  get uploads(): readonly FileUpload[] {
    return this.#uploads;
  }

  get isBusy(): boolean {
    return this.#uploads.some(({ state }) => state === 'waiting' || state === 'sending' || state === 'finishing');
  }

  add(files: Iterable<File>): void {
    for (const file of files) {
      const upload = new FileUpload(file, file.name, this.#parts, this.#onChange);
      this.#uploads.push(upload);
      this.send(upload);
    }
    this.#onChange();
  }

  /** Begins, or goes on where it stopped. */
  send(upload: FileUpload): void {
    void this.#files.run(async () => {
      await upload.send();
      if (upload.state === 'arrived' || upload.state === 'stopped') this.#onEnd(upload);
    });
  }

  async cancel(upload: FileUpload): Promise<void> {
    if (!(await upload.cancel())) return;
    this.remove(upload);
    this.#onEnd(upload);
  }

  /** What has arrived goes on in the list of drops. */
  removeListed(store: DropStore): void {
    for (const upload of [...this.#uploads]) {
      const { state, key, versionId } = upload;
      if (state === 'arrived' && versionId !== undefined && store.hasDrop(key, versionId)) this.remove(upload);
    }
  }

  remove(upload: FileUpload): void {
    const index = this.#uploads.indexOf(upload);
    if (index >= 0) this.#uploads.splice(index, 1);
    this.#onChange();
  }
}
