/**
 * Makes dist/, what `npm pack` packs: Node.js strips no types of files below node_modules, so the package holds JavaScript
 * with source maps, the declarations of the construct, and the functions' bundles, for which a user needs no esbuild.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { buildSync } from 'esbuild';
import { bundle } from '../lib/bundle.ts';
import { ENTRY_POINTS } from '../lib/entry-points.ts';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

/** What the command line reads beside its modules: the settings of its CDK app, pages and styles. */
const BESIDE_MODULES = ['cdk.json', 'bin/**/*.{css,html,svg}'];

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

function copy(path: string): void {
  mkdirSync(dirname(join(DIST, path)), { recursive: true });
  copyFileSync(join(ROOT, path), join(DIST, path));
}

rmSync(DIST, { recursive: true, force: true });
compile('build/tsconfig.json');
compile('build/tsconfig.types.json');
compilePages();
for (const path of globSync(BESIDE_MODULES, { cwd: ROOT })) copy(path);
for (const name of ENTRY_POINTS) bundle(name, join(DIST, 'bundles', name));
