const { availableParallelism } = require('node:os');

/** Files without a line that could run. */
const TYPES_ONLY = [
  'lambda/endpoints/endpoint.ts',
  'lambda/formats/reading/format.ts',
  'lambda/packed/seek-bzip.d.ts',
  'lambda/steps/ports.ts',
  'lib/dashboard/watched.ts',
  'lib/parts.ts',
  'lib/settings/managed-instances-props.ts',
  'lib/settings/stage-props.ts',
  'lib/settings/target-props.ts',
];

/** Tests that need only Node.js but take more than a few CPU seconds: `npm run test:full` runs them, `npm test` does not. */
const SLOW = [
  'adapters/s3-staging',
  'bin/doctor',
  'bin/drop/drop',
  'bin/drop/upload',
  'bin/inspect',
  'bin/look',
  'bin/stack/stack',
  'bin/start-time',
  'bin/synthesize',
  'bin/ui/ui',
  'bin/verify',
  'docs/documented-commands',
  'docs/snippets',
  'fuzz/fuzz',
  'lib/app',
  'lib/bundle',
  'lib/managed-instances',
  'lib/variants',
  'local/contributing/faults/fault-proxy',
  'local/contributing/faults/function-preload',
  'local/contributing/faults/stack-faults',
  'local/lambda/lambda',
  'local/lambda/queue-poller',
  'local/contributing/openstack/command-line',
  'local/contributing/openstack/server-process',
  'local/s3/multipart',
  'local/s3/objects',
  'local/simulator/image-upload',
  'local/simulator/registration',
  'local/stack',
  'pipeline/back-pressure',
  'pipeline/checksums',
  'pipeline/chosen-targets',
  'pipeline/drops-in-storage',
  'pipeline/ims-storage',
  'pipeline/metadata',
  'pipeline/observed',
  'pipeline/packed',
  'pipeline/reconcile',
  'pipeline/refused-credentials',
  'pipeline/roles',
  'pipeline/start',
  'pipeline/suspended',
  'pipeline/tls',
  'protocol/protocol',
  'security/embedded-stack',
  'steps/staging-at-scale',
  'transfer/memory',
].map((name) => `test/${name}.test.ts`);

const OPENSTACK_SETUP = '<rootDir>/test/openstack/install.cjs';

/** Tests that need more than Node.js or take minutes: `npm run suite NAME` runs them. */
const SUITES = {
  clients: { testMatch: ['test/clients/**/*.test.ts'] },
  package: { testMatch: ['test/package/**/*.test.ts'] },
  ui: { testMatch: ['test/ui/**/*.test.ts'] },
  openstack: {
    // The contract runs on the simulator too, so that its results are seen beside those of the real service.
    testMatch: ['test/openstack/**/*.test.ts', 'test/contract/**/*.test.ts'],
    globalSetup: OPENSTACK_SETUP,
  },
  // The real Keystone and Glance that tests start, themselves.
  services: { testMatch: ['test/services/**/*.test.ts'], globalSetup: OPENSTACK_SETUP },
  heavy: { testMatch: ['test/heavy/**/*.test.ts'] },
  // Tests of laws, each with ten times as many cases.
  laws: {
    testMatch: ['formats/contract', 'formats/laws', 'packed/damaged', 'protocol/protocol'].map(
      (name) => `test/${name}.test.ts`,
    ),
  },
  chaos: { testMatch: ['test/chaos/sabotage.test.ts'] },
};

const inRoot = (paths) => paths.map((path) => `<rootDir>/${path}`);

/** @returns {import('jest').InitialProjectOptions} */
const project = (name, { testMatch, ...settings }) => ({
  displayName: name,
  testMatch: inRoot(testMatch),
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.cjs' },
  // `npm run package` creates modules of the same names.
  modulePathIgnorePatterns: ['<rootDir>/package/'],
  ...settings,
});

/** All other test files are quick. */
const NOT_QUICK = [
  ...SLOW,
  ...['clients', 'package', 'ui', 'openstack', 'services', 'heavy', 'chaos/sabotage'].map((path) => `test/${path}`),
];

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    project('quick', { testMatch: ['test/**/*.test.ts'], testPathIgnorePatterns: inRoot(NOT_QUICK) }),
    project('slow', { testMatch: SLOW }),
    ...Object.entries(SUITES).map(([name, settings]) => project(name, settings)),
  ],
  // A limit that only a hang reaches, also on a machine that is busy with other work.
  testTimeout: 900_000,
  // Half of the time tests wait for timers and other processes.
  maxWorkers: availableParallelism() + 1,
  // Node's modules, CDK's among them, stay in a worker's memory for each test file; a fresh worker gives it back.
  workerIdleMemoryLimit: '1GB',
  // Jest gives a worker half a second to end, which is too short on a busy machine. Only a leak reaches this.
  workerGracefulExitTimeout: 60_000,
  testSequencer: '<rootDir>/test/support/longest-first.cjs',
  reporters: ['default', '<rootDir>/test/openstack/service-reporter.cjs'],
  coverageProvider: 'v8',
  collectCoverageFrom: ['lambda/**/*.ts', 'lib/**/*.ts', ...TYPES_ONLY.map((path) => `!${path}`)],
  coverageReporters: ['text-summary', 'lcov'],
  coverageThreshold: { './lambda/': { lines: 95 }, './lib/': { lines: 95 } },
};
