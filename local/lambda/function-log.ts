import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** The log of one function: a file that grows, one line for each line that the function or its host has to say. */
export class FunctionLog {
  #file: number | undefined;
  readonly #name: string;
  readonly #onLine: (line: string) => void;

  /** @param onLine told of each line too, with the function's name in front */
  constructor(folder: string, name: string, onLine: (line: string) => void) {
    mkdirSync(folder, { recursive: true });
    this.#file = openSync(join(folder, `${name}.log`), 'a');
    this.#name = name;
    this.#onLine = onLine;
  }

  /** Written at once, so that what a killed process was told last can be read. */
  write(line: string): void {
    // A process that is being killed may still have lines in its pipe.
    if (this.#file === undefined) return;
    writeSync(this.#file, `${line}\n`);
    this.#onLine(`${this.#name}: ${line}`);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
