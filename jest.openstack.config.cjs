const base = require('./jest.config.cjs');

/** The tests that need a real Keystone and Glance, and `openstack`, from the packages of Debian. */
module.exports = {
  ...base,
  testMatch: ['<rootDir>/test/openstack/**/*.test.ts'],
  testPathIgnorePatterns: [],
  testTimeout: 120_000,
};
