import { printable } from '../printable.ts';

/** Shows one line for each subject, the newest word on it; whatever is in the line, it is one line and nothing else. */
export interface LiveLines {
  show(subject: string, line: string): void;
}

/** On a terminal each subject keeps its own line; elsewhere each change is a line of its own. */
export function liveLines(out: NodeJS.WriteStream): LiveLines {
  return out.isTTY ? terminalLines(out) : plainLines(out);
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

/** Redraws its block of lines in place; of more subjects than the terminal has rows, the ones changed last stay. */
function terminalLines(out: NodeJS.WriteStream): LiveLines {
  const lines = new Map<string, string>();
  let drawn = 0;
  return {
    show(subject, line) {
      if (lines.get(subject) === line) return;
      lines.set(subject, line);
      const room = Math.max(out.rows - 1, 1);
      const visible = Array.from(lines.values()).slice(-room);
      const up = drawn > 0 ? `\u001b[${drawn}A\r\u001b[J` : '';
      out.write(
        up +
          visible
            .map(
              (each) =>
                `${Array.from(printable(each))
                  .slice(0, out.columns - 1)
                  .join('')}\n`,
            )
            .join(''),
      );
      drawn = visible.length;
    },
  };
}
