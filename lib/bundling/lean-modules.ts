import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import type { Plugin } from 'esbuild';
import { asEsModule } from './es-module.ts';
import { withLiteralKeys } from './literal-keys.ts';
import { withoutErrorClasses } from './nameless-errors.ts';
import { without } from './without.ts';

const ADAPTERS = join(import.meta.dirname, '../../lambda/adapters');
const require = createRequire(import.meta.url);

const ours = (name: string) => () => `export * from ${JSON.stringify(join(ADAPTERS, name))};`;

/**
 * What stands in a module of a package in place of its text. A module gives less than it did only where no function can
 * come to the rest; docs/performance.md says what each is worth.
 */
export const LEAN_MODULES: readonly (readonly [path: RegExp, textOf: (path: string) => string])[] = [
  [
    /\/@aws-sdk\/client-[^/]+\/dist-es\/schemas\/schemas_0\.js$/,
    (path) => withoutErrorClasses(withLiteralKeys(readFileSync(path, 'utf8'))),
  ],
  // For a bucket by its ARN, as an access point, on an outpost or in S3 Express: no drop is in one of those.
  [/\/@aws-sdk\/client-s3\/dist-es\/endpoint\/endpointResolver\.js$/, ours('s3-endpoint.ts')],
  // Signs for all regions at once, which only an access point of several regions asks for; what is left signs for one.
  [
    /\/@aws-sdk\/signature-v4-multi-region\/dist-es\/SignatureV4MultiRegion\.js$/,
    () =>
      'export { SignatureV4SignWithCredentials as SignatureV4MultiRegion } from "./SignatureV4SignWithCredentials";',
  ],
  // Writes the heads of the messages in an event stream; there is none (no-event-streams.ts).
  [/\/@smithy\/signature-v4\/dist-es\/HeaderFormatter\.js$/, () => 'export class HeaderFormatter {}'],
  // Every client is given adapters/undici-handler.ts.
  [
    /\/@smithy\/node-http-handler\/dist-es\/index\.js$/,
    () =>
      'export { streamCollector } from "@smithy/core/serde"; export const NodeHttpHandler = { create: (handler) => handler };',
  ],
  // For a JavaScript without hashes of its own.
  [/\/@smithy\/core\/.+\/checksum\/sha256\/Sha256Js\.js$/, () => 'export const Sha256Js = undefined;'],
  [/\/@aws-sdk\/checksums\/.+\/sha\/sha1\/Sha1Js\.js$/, () => 'export const Sha1Js = undefined;'],
  // The bodies of answers are undici's, which are streams of Node.js, and so are those that are sent.
  [/\/@smithy\/core\/.+\/util-stream\/.+\.browser\.js$/, without('Web streams')],
  // adapters/aws-clients.ts asks for the standard ones.
  [/\/@smithy\/core\/.+\/util-retry\/AdaptiveRetryStrategy\.js$/, without('adaptive retries')],
  // The functions read YAML. What leads from there to writing is a name that is no text, which endpoints/yaml-document.ts refuses.
  [/\/yaml\/browser\/dist\/stringify\/\w+\.js$/, without('the writing of YAML')],
  // adapters/http.ts and undici-handler.ts allow HTTP/1.1 only.
  [/\/undici\/lib\/dispatcher\/client-h2\.js$/, without('HTTP/2')],
  [/\/undici\/lib\/llhttp\/constants\.js$/, constantsOfParser],
  [/\/undici\/lib\/llhttp\/llhttp_simd-wasm\.js$/, packedParser],
  // The first that fits counts: all others of undici.
  [/\/undici\/lib\/.+\.js$/, asEsModule],
];

/** The tables of undici's parser that its client asks for, in place of those that made the parser. */
function constantsOfParser(path: string): string {
  const client = readFileSync(join(dirname(path), '../dispatcher/client-h1.js'), 'utf8');
  const asked = new Set(Array.from(client.matchAll(/\bconstants\.([A-Z]\w*)/g), ([, name = '']) => name));
  const all: Record<string, unknown> = require(path);
  return `module.exports = ${JSON.stringify(Object.fromEntries([...asked].map((name) => [name, all[name]])))};`;
}

/** The parser itself is WebAssembly, 72 KB in base64 and 20 KB packed; it is unpacked at the first connection, in 1 ms. */
function packedParser(path: string): string {
  const packed = brotliCompressSync(require(path)).toString('base64');
  return `module.exports = require("node:zlib").brotliDecompressSync(Buffer.from("${packed}", "base64"));`;
}

export const leanModules: Plugin = {
  name: 'lean-modules',
  setup({ onLoad }) {
    for (const [filter, textOf] of LEAN_MODULES) {
      onLoad({ filter }, ({ path }) => ({ contents: textOf(path), resolveDir: dirname(path) }));
    }
  },
};
