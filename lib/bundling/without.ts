import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ABSENT = join(import.meta.dirname, '../../lambda/adapters/absent.ts');

/** `export const a`, `export async function b`, `export class C`; `export { d, e }`. */
const DECLARED = /^export (?:async )?(?:const|function|class) (\w+)/gm;
const LISTED = /^export \{([^}]+)\}/gm;

/** Of CommonJS, which exports one. */
const WHOLE = /^module\.exports = \w+$/m;

/** In place of a module: each name that it exports, as something that says when it is called that it is not there. */
export const without =
  (what: string) =>
  (path: string): string => {
    const names = namesIn(readFileSync(path, 'utf8')).map((name) => `absentPart as ${name}`);
    return `import { absent } from ${JSON.stringify(ABSENT)};
const absentPart = /* @__PURE__ */ absent(${JSON.stringify(what)});
export { ${names.join(', ')} };`;
  };

function namesIn(text: string): readonly string[] {
  if (WHOLE.test(text)) return ['default'];
  const declared = Array.from(text.matchAll(DECLARED), ([, name = '']) => name);
  const listed = Array.from(text.matchAll(LISTED), ([, names = '']) => names.split(',').map((name) => name.trim()));
  return [...declared, ...listed.flat()];
}
