import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { BuildOptions } from 'esbuild';
import type { EntryPoint } from '../entry-points.ts';
import { leanModules } from './lean-modules.ts';

const PROJECT = join(import.meta.dirname, '../..');

/**
 * What the functions do not need of their packages, in place of which they get something small, by the import that is
 * answered otherwise. Half a bundle is half the time in which it is read at each cold start (docs/performance.md).
 */
const INSTEAD: Readonly<Record<string, string>> = {
  '@aws-sdk/credential-provider-node': join(PROJECT, 'lambda/adapters/function-credentials.ts'),
  '@smithy/core/event-streams': join(PROJECT, 'lambda/adapters/no-event-streams.ts'),
  // The same parser as ES modules, of which only what is used comes along. It is no export of its package for Node.js.
  yaml: join(dirname(createRequire(import.meta.url).resolve('yaml')), '../browser/dist/index.js'),
};

/** What undici loads for bodies that are forms, and for processors whose WebAssembly knows no SIMD: Lambda has none such. */
const NEVER_LOADED = ['../llhttp/llhttp-wasm.js', '../web/fetch/body.js', '../web/fetch/formdata', '../web/webidl'];

/** How esbuild makes `index.cjs` and its source map of an entry point. */
export const settings = (entryPoint: EntryPoint, folder: string): BuildOptions => ({
  absWorkingDir: PROJECT,
  entryPoints: [join(PROJECT, 'lambda', `${entryPoint}.ts`)],
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
  plugins: [leanModules],
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
