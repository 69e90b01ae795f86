const base = require('./jest.config.cjs');

/** The page of `imagedrop ui` in a real Chromium: CHROMIUM names it, otherwise it is looked for. */
module.exports = {
  ...base,
  testMatch: ['<rootDir>/test/ui/**/*.test.ts'],
  testPathIgnorePatterns: [],
  testTimeout: 120_000,
};
