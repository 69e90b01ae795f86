const base = require('./jest.config.cjs');

/**
 * The tests that need a real Keystone and Glance, and `openstack`, from the packages of Debian; and the contract on the
 * simulator, to be seen beside the one on the real service.
 */
module.exports = {
  ...base,
  testMatch: ['<rootDir>/test/openstack/**/*.test.ts', '<rootDir>/test/contract/**/*.test.ts'],
  testPathIgnorePatterns: [],
  globalSetup: '<rootDir>/test/openstack/install.cjs',
  testTimeout: 120_000,
  reporters: ['default', '<rootDir>/test/openstack/service-reporter.cjs'],
};
