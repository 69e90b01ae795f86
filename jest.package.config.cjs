const base = require('./jest.config.cjs');

/** @type {import('jest').Config} The package as its users install it; npm fetches what it depends on. */
module.exports = {
  ...base,
  testPathIgnorePatterns: [],
  testMatch: ['<rootDir>/test/package/**/*.test.ts'],
  testTimeout: 300_000,
};
