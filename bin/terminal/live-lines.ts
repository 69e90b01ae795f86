import { printable } from '../printable.ts';
import { type Style, type Styler, stylerFor } from './styles.ts';

/** Shows one line for each subject, the newest word on it; whatever is in the line, it is one line and nothing else. */
export interface LiveLines {
  show(subject: string, line: string, style?: Style): void;
}

/** On a terminal each subject keeps its own line; elsewhere each change is a line of its own. */
export function liveLines(out: NodeJS.WriteStream): LiveLines {
  return out.isTTY ? terminalLines(out, stylerFor(out)) : plainLines(out);
}

function plainLines(out: NodeJS.WritableStream): LiveLines {
  const shown = new Map<string, string>();
  return {
    show(subject, line) {
      if (shown.get(subject) === line) return;
      shown.set(subject, line);
      out.write(`${printable(line)}\n`);
    },
  };
}

/** What every terminal has, where it does not say how many there are. */
const ANY_TERMINAL_ROWS = 23;

interface Line {
  readonly text: string;
  readonly style: Style | undefined;
}

/** Redraws its block of lines in place; of more subjects than the terminal has rows, the ones changed last stay. */
function terminalLines(out: NodeJS.WriteStream, style: Styler): LiveLines {
  const lines = new Map<string, Line>();
  let drawn = 0;
  return {
    show(subject, text, wanted) {
      if (lines.get(subject)?.text === text) return;
      lines.set(subject, { text, style: wanted });
      const room = out.rows > 1 ? out.rows - 1 : ANY_TERMINAL_ROWS;
      const visible = Array.from(lines.values()).slice(-room);
      const up = drawn > 0 ? `\u001b[${drawn}A\r\u001b[J` : '';
      out.write(up + visible.map((line) => `${drawnLine(line, out.columns, style)}\n`).join(''));
      drawn = visible.length;
    },
  };
}

function drawnLine({ text, style: wanted }: Line, columns: number, style: Styler): string {
  const shown = printable(text);
  // Terminals that know no width of theirs say 0.
  const cut =
    columns > 1
      ? Array.from(shown)
          .slice(0, columns - 1)
          .join('')
      : shown;
  return wanted === undefined ? cut : style(wanted, cut);
}
