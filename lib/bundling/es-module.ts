import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** `const { kUrl, kSize: size } = require('./symbols')` and `const util = require('./util')`; what Node.js brings is left alone. */
const REQUIRED = /^const (\w+|\{[^}]*\}) = require\('(\.[^']+)'\)$/gm;

/** `module.exports = { ClientStats, PoolStats }`. */
const NAMES = /^module\.exports = (\{[\w,\s]+\})$/m;

/** The same with a line for each name, some of which have a value. */
const VALUES = /^module\.exports = \{\n((?: {2}\w+(?:: .+|,)*\n)+)\}$/m;
const VALUE = /^ {2}(\w+)(?:: (.+?))?,?$/gm;

/** `module.exports = Agent`, and `module.exports.Handler = Handler` after it, for which nobody asks. */
const WHOLE = /^module\.exports = /m;
const BESIDE = /^module\.exports\.\w+ = \w+$/gm;

/**
 * The text of a module of undici as an ES module. Of CommonJS esbuild knows neither what nobody asks for, nor may it
 * shorten a name that one module hands to another, such as those of a hundred symbols.
 */
export function asEsModule(path: string): string {
  const { resolve } = createRequire(path);
  return exporting(readFileSync(path, 'utf8')).replace(REQUIRED, (_, name: string, module: string) => {
    if (name.startsWith('{')) return `import ${name.replaceAll(':', ' as')} from '${module}'`;
    return `import ${hasNames(resolve(module)) ? '* as ' : ''}${name} from '${module}'`;
  });
}

function exporting(text: string): string {
  return text
    .replace(NAMES, 'export $1')
    .replace(VALUES, (_, lines: string) => Array.from(lines.matchAll(VALUE), exportOf).join('\n'))
    .replace(WHOLE, 'export default ')
    .replace(BESIDE, '');
}

function exportOf([, name = '', value = name]: RegExpExecArray): string {
  return /^\w+$/.test(value) ? `export { ${value} as ${name} }` : `export const ${name} = ${value}`;
}

function hasNames(path: string): boolean {
  const text = readFileSync(path, 'utf8');
  return NAMES.test(text) || VALUES.test(text);
}
