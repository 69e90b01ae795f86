const base = require('./jest.config.cjs');

/** The tests that need a real Keystone and Glance. */
module.exports = {
  ...base,
  testMatch: ['<rootDir>/test/openstack/**/*.test.ts', '<rootDir>/test/contract/**/*.test.ts'],
  testPathIgnorePatterns: [],
  testTimeout: 120_000,
};
