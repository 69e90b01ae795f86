import { StringDecoder } from 'node:string_decoder';
import { type Style, styled } from './style.ts';

/** Characters of a line that follow each other and look the same. */
export interface Run {
  readonly text: string;
  readonly style: Style;
}

interface Cell {
  readonly character: string;
  readonly style: Style;
}

const BLANK: Cell = { character: ' ', style: {} };

const ESCAPE = '\u001b';
/** ECMA-48, section 5.4: what follows an escape character in a control sequence. */
const SEQUENCE = /^\[(?<parameters>[0-9;]*)(?<final>[A-Za-z])/;
const UNFINISHED = /^(\[[0-9;]*)?$/;
const CHARACTER = /^([\r\n]|\P{Cc})/u;

/** What stands on a terminal of any height, once a program has written to it. It knows what our command line uses. */
export class Screen {
  readonly #decoder = new StringDecoder('utf8');
  readonly #rows: Cell[][] = [[]];
  readonly #columns: number;
  #row = 0;
  #column = 0;
  #style: Style = {};
  /** The beginning of a sequence. */
  #rest = '';

  /** @param columns of the terminal: what is longer goes on in the next line */
  constructor(columns = Number.POSITIVE_INFINITY) {
    this.#columns = columns;
  }

  /** @throws Error where it is written what has another meaning than is known here */
  write(chunk: Buffer | string): this {
    this.#rest += this.#decoder.write(Buffer.from(chunk));
    while (this.#rest !== '' && this.#takeNext());
    return this;
  }

  /** @returns whether there was a whole one */
  #takeNext(): boolean {
    const [first = ''] = this.#rest;
    const rest = this.#rest.slice(first.length);
    if (first === ESCAPE && UNFINISHED.test(rest)) return false;
    const sequence = first === ESCAPE ? SEQUENCE.exec(rest) : null;
    if (sequence?.groups) {
      this.#control(sequence.groups.final ?? '', sequence.groups.parameters ?? '');
    } else {
      if (!CHARACTER.test(first)) throw unknown(this.#rest.slice(0, 8));
      this.#put(first);
    }
    this.#rest = rest.slice(sequence?.[0].length ?? 0);
    return true;
  }

  /** Without what is empty at the end. */
  lines(): readonly (readonly Run[])[] {
    const last = this.#rows.findLastIndex((row) => row.length > 0);
    return this.#rows.slice(0, last + 1).map(runsOf);
  }

  #put(character: string): void {
    if (character === '\r') {
      this.#column = 0;
    } else if (character === '\n') {
      // A terminal's driver puts a carriage return before it.
      this.#nextRow();
    } else {
      if (this.#column >= this.#columns) this.#nextRow();
      const row = this.#rows[this.#row] ?? [];
      while (row.length < this.#column) row.push(BLANK);
      row[this.#column] = { character, style: this.#style };
      this.#column += 1;
    }
  }

  #nextRow(): void {
    this.#column = 0;
    this.#row += 1;
    this.#rows[this.#row] ??= [];
  }

  #control(final: string, parameters: string): void {
    if (final === 'm') {
      this.#style = styled(this.#style, parameters);
    } else if (final === 'A') {
      this.#row = Math.max(0, this.#row - Number(parameters || 1));
    } else if (final === 'J' && parameters === '') {
      this.#rows[this.#row]?.splice(this.#column);
      this.#rows.splice(this.#row + 1);
    } else {
      throw unknown(`\u001b[${parameters}${final}`);
    }
  }
}

const unknown = (sequence: string): Error => new Error(`${JSON.stringify(sequence)} is not known here.`);

function runsOf(row: readonly Cell[]): Run[] {
  const runs: Run[] = [];
  for (const { character, style } of row) {
    const last = runs.at(-1);
    if (last?.style === style) runs[runs.length - 1] = { text: last.text + character, style };
    else runs.push({ text: character, style });
  }
  return runs;
}
