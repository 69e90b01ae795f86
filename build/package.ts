/**
 * Makes package/, the npm package. Node.js strips no types of files below node_modules, so its dist/ holds JavaScript with
 * source maps, the declarations of the construct, and the functions' bundles, for which a user needs no esbuild.
 *
 * It is not the folder of the clone: npx would install a package into its cache to run a command of that package.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { buildSync } from 'esbuild';
import { bundle } from '../lib/bundle.ts';
import { ENTRY_POINTS } from '../lib/entry-points.ts';

const ROOT = join(import.meta.dirname, '..');
const PACKAGE = join(ROOT, 'package');
const DIST = join(PACKAGE, 'dist');
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

/** What the command line reads beside its modules: the settings of its CDK app, pages and styles. */
const BESIDE_MODULES = ['cdk.json', 'bin/**/*.{css,html,svg}'];
/** As in the clone. */
const KEPT = ['README.md', 'LICENSE', 'CHANGELOG.md', 'bin/imagedrop.js', 'docs/*.md', 'docs/schema/*'];

/** Of the clone's package.json, what concerns those who install the package. */
function manifest(): object {
  const {
    private: _,
    scripts,
    devDependencies,
    allowScripts,
    overrides,
    ...kept
  } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const types = './dist/lib/index.d.ts';
  const exports = { '.': { types, default: './dist/lib/index.js' }, './package.json': './package.json' };
  return { ...kept, exports, types, bin: { imagedrop: 'bin/imagedrop.js' } };
}

function compile(project: string): void {
  execFileSync(process.execPath, [TSC, '--project', join(ROOT, project)], { stdio: 'inherit' });
}

/** Modules of a page, one by one: a browser asks the server for each, by the name that its source imports it by. */
function compilePages(): void {
  const entryPoints = globSync('bin/*/page/*.ts', { cwd: ROOT });
  if (entryPoints.length === 0) return;
  buildSync({
    absWorkingDir: ROOT,
    entryPoints,
    outbase: '.',
    outdir: DIST,
    format: 'esm',
    target: 'es2022',
    sourcemap: true,
  });
}

function copy(path: string, folder: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  copyFileSync(join(ROOT, path), join(folder, path));
}

rmSync(PACKAGE, { recursive: true, force: true });
compile('build/tsconfig.json');
compile('build/tsconfig.types.json');
compilePages();
for (const path of globSync(BESIDE_MODULES, { cwd: ROOT })) copy(path, DIST);
for (const path of globSync(KEPT, { cwd: ROOT })) copy(path, PACKAGE);
writeFileSync(join(PACKAGE, 'package.json'), JSON.stringify(manifest(), null, 2));
for (const name of ENTRY_POINTS) bundle(name, join(DIST, 'bundles', name));
