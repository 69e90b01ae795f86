const base = require('./jest.config.cjs');

/** The runs of chaos that have to fail, each with a whole stack of its own. */
module.exports = {
  ...base,
  testMatch: ['<rootDir>/test/chaos/sabotage.test.ts'],
  testPathIgnorePatterns: [],
  testTimeout: 240_000,
};
