import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RUN_FOLDER } from './support/assembly.ts';

/**
 * `node test/run.ts SUITES [options of jest]`: what `npm test`, `npm run test:full` and `npm run suite` run. SUITES are
 * projects of jest.config.cjs with commas between them, or one of:
 * - `full`: all tests that need only Node.js, with coverage
 * - `changed`: the quick tests of what differs from the branch main
 */
const PROJECT = join(import.meta.dirname, '..');
const [suites = '', ...options] = process.argv.slice(2);

/** Modules of jest are ES modules only with this flag. */
const NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules'];

function jestArguments(): readonly string[] {
  if (suites === 'full') return ['--coverage', ...options, '--selectProjects', 'quick', 'slow'];
  if (suites === 'changed')
    return ['--changedSince=main', '--passWithNoTests', ...options, '--selectProjects', 'quick'];
  if (suites !== 'quick') {
    const projects = suites.split(',');
    const workers = projects.length === 1 ? ['--runInBand'] : [];
    return [...workers, ...options, '--selectProjects', ...projects];
  }
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
      IMAGEDROP_THOROUGH: suites.split(',').includes('laws') ? '1' : '0',
      // Tests start hundreds of processes of the same source: the compiled code is kept.
      NODE_COMPILE_CACHE: join(PROJECT, 'node_modules/.cache/node'),
    },
  });
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
