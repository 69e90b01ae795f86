/** Files without a line that could run. */
const TYPES_ONLY = [
  'lambda/endpoints/endpoint.ts',
  'lambda/formats/check.ts',
  'lambda/formats/format.ts',
  'lambda/formats/reader.ts',
  'lambda/steps/ports.ts',
  'lib/dashboard/dashboard-props.ts',
  'lib/dashboard/watched.ts',
  'lib/parts.ts',
  'lib/settings/managed-instances-props.ts',
  'lib/settings/stage-props.ts',
  'lib/settings/target-props.ts',
];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // Programs that a newcomer may lack, gigabytes, a real cloud, minutes, a browser: `npm run test:clients`,
  // `test:heavy`, `test:openstack`, `test:package`, `test:chaos`, `test:ui`.
  testPathIgnorePatterns: ['clients/', 'heavy/', 'openstack/', 'package/', 'ui/', 'chaos/sabotage'].map(
    (name) => `<rootDir>/test/${name}`,
  ),
  // What `npm pack` makes has modules of the same names.
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.cjs' },
  // Half of the time tests wait for timers and other processes.
  maxWorkers: '100%',
  coverageProvider: 'v8',
  collectCoverageFrom: ['lambda/**/*.ts', 'lib/**/*.ts', ...TYPES_ONLY.map((path) => `!${path}`)],
  coverageReporters: ['text-summary', 'lcov'],
  coverageThreshold: { './lambda/': { lines: 95 }, './lib/': { lines: 95 } },
  // Node's modules, CDK's among them, stay in a worker's memory for each test file; a fresh worker gives it back.
  workerIdleMemoryLimit: '1GB',
};
