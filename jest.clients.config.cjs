const base = require('./jest.config.cjs');

/** The tests that need qemu-img, the AWS command line, rclone, s3cmd and openstacksdk. */
module.exports = {
  ...base,
  testMatch: ['<rootDir>/test/clients/**/*.test.ts'],
  testPathIgnorePatterns: [],
  testTimeout: 120_000,
};
