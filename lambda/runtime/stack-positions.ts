import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';

/** A frame's place, as V8 writes it: `/var/task/index.js:12:345`. */
const PLACE = /((?:file:\/\/)?\/[^\s()]+\.[cm]?js):(\d+):(\d+)/g;

const maps = new Map<string, SourceMap | undefined>();

/** The same error; its stack, and those of its causes, name the places of the sources. */
export function withReadableStack(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.stack !== undefined) error.stack = readableStack(error.stack);
  withReadableStack(error.cause);
  return error;
}

/**
 * A stack trace with the places of the sources in place of those of the bundle. Maps are read when the first trace is
 * written, and not by Node.js (`--enable-source-maps`), which reads them whenever a function starts: that takes a fifth
 * of its start, and most functions never have a trace to write.
 */
export function readableStack(stack: string): string {
  return stack.replace(PLACE, (place, file: string, line: string, column: string) => {
    const origin = mapOf(file.replace(/^file:\/\//, ''))?.findEntry(Number(line) - 1, Number(column) - 1);
    if (origin === undefined || !('originalSource' in origin)) return place;
    return `${origin.originalSource}:${origin.originalLine + 1}:${origin.originalColumn + 1}`;
  });
}

function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) maps.set(file, read(`${file}.map`));
  return maps.get(file);
}

/** @returns undefined where there is none, or none that can be read: a trace of the bundle is better than no trace */
function read(path: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
