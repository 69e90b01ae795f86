const base = require('./jest.config.cjs');

/** The tests that need qemu-img, the AWS command line, rclone and s3cmd. */
module.exports = {
  ...base,
  testMatch: ['<rootDir>/test/clients/**/*.test.ts'],
  testPathIgnorePatterns: [],
  testTimeout: 120_000,
};
