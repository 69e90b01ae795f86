#!/usr/bin/env node
/**
 * Starts the command line by whatever Node.js the user has: as TypeScript in a clone of the project, as compiled
 * JavaScript in an installed package. Plain JavaScript that old versions understand, for it runs before anything is known.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const SOURCE = join(HERE, 'imagedrop.ts');
/** Where `npm run package` puts what it compiles. */
const COMPILED = join(HERE, '../dist/bin/imagedrop.js');

/** Strips types, unpacks zstd, and sends requests through the proxies of the environment. */
const isNewEnough = ([major, minor]) => major > 24 || (major === 24 && minor >= 5);

/** The Node.js that `npm ci` has installed beside the project. */
function ownNode() {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve('node/package.json');
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin.node);
}

/** Signals to a whole group, such as Ctrl-C, reach both; this process only waits for the other to end in order. */
function runWith(node, args) {
  const child = spawn(node, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('error', (error) => fail(`Node.js could not be started at ${node}: ${error.message}.`));
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? code : 1;
  });
}

function fail(message) {
  process.stderr.write(`imagedrop: ${message}\n`);
  process.exitCode = 1;
}

/**
 * Where Node.js keeps compiled code and TypeScript without its types: commands then start in half the time. The folder
 * is the user's own, because its content is executed. Processes that a command starts use it, too.
 */
process.env.NODE_COMPILE_CACHE ??= join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'imagedrop');

const found = process.versions.node;
const isClone = existsSync(SOURCE);
if (isNewEnough(found.split('.').map(Number))) {
  module.enableCompileCache();
  await import(pathToFileURL(isClone ? SOURCE : COMPILED).href);
} else if (isClone) {
  try {
    runWith(ownNode(), [SOURCE, ...process.argv.slice(2)]);
  } catch (error) {
    fail(`Node.js ${found} is older than 24.5. Run \`npm ci\`, which installs a newer one here (${error.message}).`);
  }
} else {
  fail(`Node.js ${found} is older than 24.5. Install Node.js 24.5 or newer and run the command again.`);
}
