import config from './jest.config.js'

/** Tests against real servers, which they start themselves. They take the machine to themselves, one file at a time. */
export default {
  ...config,
  testMatch: ['<rootDir>/test/cluster/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
  maxWorkers: 1,
}
