import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RUN_FOLDER } from './support/assembly.ts';

/**
 * `node test/run.ts SUITE [options of jest]`: what `npm test`, `npm run test:full` and `npm run suite` run. A suite is a
 * project of jest.config.cjs, or `full`: all tests that need only Node.js, with coverage.
 */
const PROJECT = join(import.meta.dirname, '..');
const [suite = '', ...options] = process.argv.slice(2);

/** Modules of jest are ES modules only with this flag. */
const NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules'];

function jestArguments(): readonly string[] {
  if (suite === 'full') return ['--coverage', ...options, '--selectProjects', 'quick', 'slow'];
  if (suite !== 'quick') return ['--runInBand', ...options, '--selectProjects', suite];
  // A file that is named runs, slow or not.
  const isNamed = options.some((option) => option.includes('test/') || option.endsWith('.test.ts'));
  return [...options, '--selectProjects', 'quick', ...(isNamed ? ['slow'] : [])];
}

// Ctrl-C ends jest; the folder is removed afterwards.
process.on('SIGINT', () => {});
const folder = mkdtempSync(join(tmpdir(), 'imagedrop-test-run-'));
try {
  const jest = join(PROJECT, 'node_modules/jest/bin/jest.js');
  const { status } = spawnSync(process.execPath, [...NODE_FLAGS, jest, ...jestArguments()], {
    cwd: PROJECT,
    stdio: 'inherit',
    env: {
      ...process.env,
      [RUN_FOLDER]: folder,
      IMAGEDROP_THOROUGH: suite === 'full' ? '1' : '0',
      // Tests start hundreds of processes of the same source: the compiled code is kept.
      NODE_COMPILE_CACHE: join(PROJECT, 'node_modules/.cache/node'),
    },
  });
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
