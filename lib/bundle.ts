import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type * as Esbuild from 'esbuild';
import type { EntryPoint } from './entry-points.ts';

/** The clone of the project, or dist/ of an installed package. */
const PACKAGE_ROOT = join(import.meta.dirname, '..');

/** What the CDK asks for where it cannot bundle by itself; it always can. */
const NO_DOCKER = DockerImage.fromRegistry('none');

/**
 * The code of a function: its entry point and all that it imports in one file, `index.cjs`. An installed package brings
 * it along. In a clone esbuild makes it, in this process: the CDK's own construct for Node.js starts a process for each
 * function, and turns to Docker, which need not be there, when it finds no esbuild.
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

/**
 * What the functions do not need of their packages, in place of which they get something small, by the import that is
 * answered otherwise. Half a bundle is half the time in which it is read at each cold start (docs/performance.md).
 */
const INSTEAD: Readonly<Record<string, string>> = {
  '@aws-sdk/credential-provider-node': join(PACKAGE_ROOT, 'lambda/adapters/function-credentials.ts'),
  '@smithy/core/event-streams': join(PACKAGE_ROOT, 'lambda/adapters/no-event-streams.ts'),
  // The same parser as ES modules, of which only what is used comes along. It is no export of its package for Node.js.
  yaml: join(dirname(createRequire(import.meta.url).resolve('yaml')), '../browser/dist/index.js'),
};

/** What undici loads for bodies that are forms, and for processors whose WebAssembly knows no SIMD: Lambda has none such. */
const NEVER_LOADED = ['../llhttp/llhttp-wasm.js', '../web/fetch/body.js', '../web/fetch/formdata', '../web/webidl'];

/** Writes `index.cjs` and its source map into a folder. */
export function bundle(entryPoint: EntryPoint, folder: string): void {
  // Whoever installs the package has no esbuild, and needs none.
  const { buildSync }: typeof Esbuild = createRequire(import.meta.url)('esbuild');
  buildSync({
    absWorkingDir: PACKAGE_ROOT,
    entryPoints: [join(PACKAGE_ROOT, 'lambda', `${entryPoint}.ts`)],
    // Named so that it is CommonJS wherever it lies, below a package of ES modules too.
    outfile: join(folder, 'index.cjs'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    // An ES module that imports node:http loads all that this has to offer, such as WebSocket: 15 ms.
    format: 'cjs',
    // Packages that come as CommonJS and as ES modules are half the size as the latter.
    mainFields: ['module', 'main'],
    alias: INSTEAD,
    external: NEVER_LOADED,
    // As Node.js itself is built from undici: without the parser that is an experiment.
    define: { esbuildDetection: 'true' },
    // The SDK's clients bring their package.json along, to tell AWS their version.
    loader: { '.json': 'empty' },
    minify: true,
    legalComments: 'none',
    charset: 'utf8',
    // For runtime/stack-positions.ts, which looks for it beside the bundle: Node.js must not read it at each start.
    sourcemap: 'external',
    // Stack traces need the lines, not the text.
    sourcesContent: false,
    logLevel: 'warning',
  });
}
