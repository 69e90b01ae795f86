import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type * as Esbuild from 'esbuild';
import type { EntryPoint } from './entry-points.ts';

/** The clone of the project, or dist/ of an installed package. */
const PACKAGE_ROOT = join(import.meta.dirname, '..');

/** What the CDK asks for where it cannot bundle by itself; it always can. */
const NO_DOCKER = DockerImage.fromRegistry('none');

/**
 * The code of a function: its entry point and all that it imports in one ES module, `index.mjs`. An installed package
 * brings it along. In a clone esbuild makes it, in this process: the CDK's own construct for Node.js starts a process for
 * each function, and turns to Docker, which need not be there, when it finds no esbuild.
 */
export function bundledCode(entryPoint: EntryPoint): Code {
  const packed = join(PACKAGE_ROOT, 'bundles', entryPoint);
  if (existsSync(packed)) return Code.fromAsset(packed);
  return Code.fromAsset(join(PACKAGE_ROOT, 'lambda'), {
    // What is made of the sources counts, not the sources: a comment changes no function.
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: NO_DOCKER,
      // The CDK bundles anew only where this differs.
      command: [entryPoint],
      local: {
        tryBundle(folder) {
          bundle(entryPoint, folder);
          return true;
        },
      },
    },
  });
}

/** Writes `index.mjs` and its source map into a folder. */
export function bundle(entryPoint: EntryPoint, folder: string): void {
  // Whoever installs the package has no esbuild, and needs none.
  const { buildSync }: typeof Esbuild = createRequire(import.meta.url)('esbuild');
  buildSync({
    absWorkingDir: PACKAGE_ROOT,
    entryPoints: [join(PACKAGE_ROOT, 'lambda', `${entryPoint}.ts`)],
    outfile: join(folder, 'index.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Packages that come as CommonJS and as ES modules are half the size as the latter.
    mainFields: ['module', 'main'],
    // Packages that come as CommonJS only load Node's own modules by require, which ES modules lack.
    banner: {
      js: "import{createRequire as imagedropRequire}from'node:module';const require=imagedropRequire(import.meta.url);",
    },
    minify: true,
    sourcemap: true,
    // Stack traces need the lines, not the text.
    sourcesContent: false,
    logLevel: 'warning',
  });
}
