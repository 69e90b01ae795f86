import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { dirname, extname, join } from 'node:path';

/** A file as a browser gets it. */
export interface StaticFile {
  readonly type: string;
  readonly body: string;
}

const BIN = join(import.meta.dirname, '..');
const PAGE = 'ui/page';
/** What page and commands share; nothing else of the project can be asked for. */
const SHARED = ['format-bytes'];
/** Of lit-html, what the page imports, and what that imports. */
const LIT_FILES = /^\/lit-html\/(?:lit-html|directive|directive-helpers|directives\/[a-z-]+)\.js$/;
const LIT = dirname(createRequire(import.meta.url).resolve('lit-html'));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.js': 'text/javascript; charset=utf-8',
  '.ts': 'text/javascript; charset=utf-8',
};

/** The files that a browser may have, by path. */
const FILES: ReadonlyMap<string, string> = new Map([
  ['/', join(BIN, PAGE, 'index.html')],
  ...readdirSync(join(BIN, PAGE))
    .filter((name) => Object.hasOwn(TYPES, extname(name)))
    .map((name): [string, string] => [`/${PAGE}/${name}`, join(BIN, PAGE, name)]),
  ...readdirSync(BIN)
    .filter((name) => SHARED.includes(name.replace(/\.[jt]s$/, '')))
    .map((name): [string, string] => [`/${name}`, join(BIN, name)]),
]);

/** Stripping types of a file takes some milliseconds, and it does not change while the server runs. */
const cache = new Map<string, Promise<StaticFile>>();

/** @returns undefined for what a browser may not have */
export function staticFile(path: string): Promise<StaticFile> | undefined {
  const file = fileOf(path);
  if (file === undefined) return undefined;
  const cached = cache.get(file) ?? load(file);
  cache.set(file, cached);
  return cached;
}

function fileOf(path: string): string | undefined {
  if (LIT_FILES.test(path)) return join(LIT, path.slice('/lit-html/'.length));
  // Where the package is compiled, a module of the page is a .js, and page and index still ask for what they know.
  return FILES.get(path) ?? FILES.get(path.replace(/\.ts$/, '.js'));
}

async function load(file: string): Promise<StaticFile> {
  const text = await readFile(file, 'utf8');
  const extension = extname(file);
  // Lines and columns stay what they are, so that a browser shows the very source.
  const body = extension === '.ts' ? withoutTypes(text) : text;
  return { type: TYPES[extension] ?? '', body };
}

/** Node calls the function experimental, once, on the terminal of a user who can do nothing about it. */
function withoutTypes(text: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(text, { mode: 'strip' });
  } finally {
    process.emitWarning = emitWarning;
  }
}
