const base = require('./jest.config.cjs');

/** What takes minutes and gigabytes. */
module.exports = {
  ...base,
  testMatch: ['<rootDir>/test/heavy/**/*.test.ts'],
  testPathIgnorePatterns: [],
  testTimeout: 600_000,
};
