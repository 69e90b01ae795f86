import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { EntryPoint } from './entry-points.ts';

/** The clone of the project, or dist/ of an installed package. */
const PACKAGE_ROOT = join(import.meta.dirname, '..');

/** Whoever installs the package has no esbuild, and needs none: so nothing imports this. */
const BUNDLER = join(import.meta.dirname, 'bundling/main.ts');

/** What the CDK asks for where it cannot bundle by itself; it always can. */
const NO_DOCKER = DockerImage.fromRegistry('none');

/**
 * The code of a function: its entry point and all that it imports in one file, `index.cjs`. An installed package brings
 * it along. In a clone esbuild makes it: the CDK's own construct for Node.js takes no plugins, and turns to Docker, which
 * need not be there, when it finds no esbuild.
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

/** Writes `index.cjs` and its source map into a folder. */
export function bundle(entryPoint: EntryPoint, folder: string): void {
  // The CDK waits for no promise, and without one esbuild takes no plugin.
  execFileSync(process.execPath, [BUNDLER, entryPoint, folder], { stdio: ['ignore', 'inherit', 'inherit'] });
}
