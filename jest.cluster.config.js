import base from './jest.config.js'

/** Tests against real servers, which they start and stop by themselves: `npm run test:cluster`. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/cluster/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
  maxWorkers: 1,
}
