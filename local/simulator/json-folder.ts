import { renameSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** A folder with one JSON file for each document, by its id. */
export class JsonFolder<T extends { readonly id: string }> {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the folder where there is none, and reads what is in it. */
  static async open<T extends { readonly id: string }>(folder: string) {
    await mkdir(folder, { recursive: true });
    const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
    const texts = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
    const documents = texts.map((text): T => JSON.parse(text));
    return { files: new JsonFolder<T>(folder), byId: new Map(documents.map((document) => [document.id, document])) };
  }

  /** Written at once, and complete before it replaces the last: a crash cannot take back what was seen. */
  save(document: T): void {
    const file = path.join(this.#folder, `${document.id}.json`);
    writeFileSync(`${file}.new`, JSON.stringify(document, null, 2));
    renameSync(`${file}.new`, file);
  }
}
