import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What a terminal would obey; JSON lets DEL, C1 controls and what turns the direction of text around stand. Written as JSON
 * writes other controls, they mean the same to any parser of the line. Tabs are what the host's own lines are made of.
 */
const CONTROLS = /(?!\t)[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** The log of one function: a file that grows, one line for each line that the function or its host has to say. */
export class FunctionLog {
  #file: number | undefined;
  readonly #name: string;
  readonly #onLine: (line: string) => void;

  /** @param onLine called for each line too, with the function's name in front */
  constructor(folder: string, name: string, onLine: (line: string) => void) {
    mkdirSync(folder, { recursive: true });
    this.#file = openSync(join(folder, `${name}.log`), 'a');
    this.#name = name;
    this.#onLine = onLine;
  }

  /** Written at once, so that the last lines of a killed process can be read. */
  write(line: string): void {
    // A process that is being killed may still have lines in its pipe.
    if (this.#file === undefined) return;
    const shown = line.replace(CONTROLS, escaped);
    writeSync(this.#file, `${shown}\n`);
    this.#onLine(`${this.#name}: ${shown}`);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
