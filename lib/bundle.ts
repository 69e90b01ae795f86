import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { PublisherKeys } from '../lambda/runtime/environment.ts';
import type { EntryPoint } from './entry-points.ts';

/** The clone of the project, or dist/ of an installed package. */
const PACKAGE_ROOT = join(import.meta.dirname, '..');

/** The CDK requires an image for bundling in Docker; this bundling never needs Docker. */
const NO_DOCKER = DockerImage.fromRegistry('none');

/** Beside the code, where there are keys. */
export const PUBLISHER_KEYS_FILE = 'publisher-keys.json';

/**
 * The code of a function: its entry point and all its imports in one file, `index.cjs`. An installed package contains the
 * bundle. In a clone esbuild makes it. Only where there are keys of publishers, they and the library that verifies
 * OpenPGP signatures are beside it.
 */
export function bundledCode(entryPoint: EntryPoint, keys?: PublisherKeys): Code {
  const packed = join(PACKAGE_ROOT, 'bundles', entryPoint);
  const isPacked = existsSync(packed);
  if (isPacked && keys === undefined) return Code.fromAsset(packed);
  return Code.fromAsset(isPacked ? packed : join(PACKAGE_ROOT, 'lambda'), {
    // A changed comment does not change the function.
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: NO_DOCKER,
      // The CDK bundles again only if this differs.
      command: [
        entryPoint,
        createHash('sha256')
          .update(JSON.stringify(keys ?? {}))
          .digest('hex'),
      ],
      local: {
        tryBundle(folder) {
          if (isPacked) cpSync(packed, folder, { recursive: true });
          else bundleOnce(entryPoint, folder);
          if (keys !== undefined) addKeys(keys, folder);
          return true;
        },
      },
    },
  });
}

/** Bundles of a clone, by the hash of what they were made from. */
const CACHE = join(PACKAGE_ROOT, 'node_modules/.cache/imagedrop-bundles');
const CACHED_DAYS = 7;

/** The functions, the options of esbuild, and the packages as they are installed. */
const SOURCES = ['lambda/**/*.ts', 'lib/bundle.ts', 'tsconfig.json', 'node_modules/.package-lock.json'];

/** Bundles a function, which takes seconds, or copies the bundle that was made from the same sources. */
function bundleOnce(entryPoint: EntryPoint, folder: string): void {
  const hash = hashOfSources();
  const cached = join(CACHE, `${entryPoint}-${hash}`);
  if (isCopied(cached, folder)) return;
  bundle(entryPoint, folder);
  // A file that was saved meanwhile belongs to another hash.
  if (hashOfSources() === hash) keep(folder, cached);
}

/** A bundle that another user made, or that is being removed, is made again. */
function isCopied(cached: string, folder: string): boolean {
  if (!existsSync(cached)) return false;
  try {
    cpSync(cached, folder, { recursive: true });
    return true;
  } catch {
    return false;
  }
}

function hashOfSources(): string {
  const hash = createHash('sha256');
  for (const file of globSync(SOURCES, { cwd: PACKAGE_ROOT }).sort()) {
    hash.update(`\0${file}\0`).update(readFileSync(join(PACKAGE_ROOT, file)));
  }
  return hash.digest('hex').slice(0, 32);
}

/** Copies, then renames: another process must never see half a bundle. */
function keep(folder: string, cached: string): void {
  try {
    mkdirSync(CACHE, { recursive: true });
    const copy = mkdtempSync(join(CACHE, 'copy-'));
    cpSync(folder, copy, { recursive: true });
    if (existsSync(cached)) rmSync(copy, { recursive: true });
    else renameSync(copy, cached);
    removeOld();
  } catch (error) {
    // Without a cache the next synthesis bundles again.
    if (
      !['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'ENOTEMPTY', 'EEXIST'].includes(
        (error as NodeJS.ErrnoException).code ?? '',
      )
    )
      throw error;
  }
}

function removeOld(): void {
  const oldest = Date.now() - CACHED_DAYS * 86_400_000;
  for (const path of readdirSync(CACHE).map((name) => join(CACHE, name))) {
    // Another process may have renamed it.
    const { mtimeMs = oldest } = statSync(path, { throwIfNoEntry: false }) ?? {};
    if (mtimeMs < oldest) rmSync(path, { recursive: true, force: true });
  }
}

/** What Node.js reads of the package openpgp, as it is published. */
const OPENPGP_FILES = ['package.json', 'LICENSE', 'dist/node/openpgp.mjs'];

function addKeys(keys: PublisherKeys, folder: string): void {
  writeFileSync(join(folder, PUBLISHER_KEYS_FILE), JSON.stringify(keys));
  const library = join(dirname(createRequire(import.meta.url).resolve('openpgp')), '../..');
  for (const file of OPENPGP_FILES) cpSync(join(library, file), join(folder, 'node_modules/openpgp', file));
}

/** Writes `index.cjs` and its source map into a folder. */
export function bundle(entryPoint: EntryPoint, folder: string): void {
  // esbuild is a development dependency: an installed package does not have it.
  const { buildSync } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');
  buildSync({
    absWorkingDir: PACKAGE_ROOT,
    entryPoints: [join(PACKAGE_ROOT, 'lambda', `${entryPoint}.ts`)],
    // The extension marks it as CommonJS, in any folder.
    outfile: join(folder, 'index.cjs'),
    bundle: true,
    platform: 'node',
    // Loaded at the first signature, from beside the bundle.
    external: ['openpgp'],
    target: 'node24',
    format: 'cjs',
    // ES modules let esbuild drop unused exports.
    mainFields: ['module', 'main'],
    // undici's own switch for bundles of esbuild: they leave out its second, experimental parser (150 KB).
    define: { esbuildDetection: 'true' },
    minify: true,
    legalComments: 'none',
    // External: Node.js does not read it at each start. runtime/stack-positions.ts reads it when an error occurs.
    sourcemap: 'external',
    // Stack traces need positions only.
    sourcesContent: false,
    logLevel: 'warning',
  });
}
