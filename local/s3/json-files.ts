import { randomUUID } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** How many files are read at once at start: enough to keep the disk busy, few enough for any limit on open files. */
const PARALLEL_READS = 64;

/** A folder of JSON documents, each written whole or not at all. */
export class JsonFiles<T> {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the folder where there is none, and clears away what an interrupted write left. */
  static async open<T>(folder: string): Promise<JsonFiles<T>> {
    await mkdir(folder, { recursive: true });
    const unfinished = (await readdir(folder)).filter((name) => name.endsWith(UNFINISHED));
    for (const name of unfinished) await rm(join(folder, name));
    return new JsonFiles<T>(folder);
  }

  async *all(): AsyncGenerator<T> {
    const names = await readdir(this.#folder);
    for (let at = 0; at < names.length; at += PARALLEL_READS) {
      const some = names.slice(at, at + PARALLEL_READS);
      yield* await Promise.all(some.map((name) => this.#read(name)));
    }
  }

  /** @param name made of characters that no file system minds; it replaces the document of this name */
  write(name: string, document: T): void {
    const unfinished = join(this.#folder, `${randomUUID()}${UNFINISHED}`);
    writeFileSync(unfinished, JSON.stringify(document));
    renameSync(unfinished, this.#path(name));
  }

  async remove(name: string): Promise<void> {
    await rm(this.#path(name), { force: true });
  }

  async #read(name: string): Promise<T> {
    return JSON.parse(await readFile(join(this.#folder, name), 'utf8')) as T;
  }

  #path(name: string): string {
    return join(this.#folder, `${name}.json`);
  }
}

const UNFINISHED = '.unfinished';
