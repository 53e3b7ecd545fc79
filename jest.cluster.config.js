import { readFileSync } from 'node:fs'
import config from './jest.config.js'

const { testEnvironment, extensionsToTreatAsEsm, transform, modulePathIgnorePatterns } = config
const parts = { testEnvironment, extensionsToTreatAsEsm, transform, modulePathIgnorePatterns }
const project = { ...parts, testPathIgnorePatterns: ['/node_modules/'] }

/** Which journeys are played on servers too, and why the others are not; test/tidy sees to it that none is forgotten. */
const { onServers } = JSON.parse(readFileSync('test/cluster/journeys.json', 'utf8'))

const killed = '/test/cluster/kills.test.ts'

/** Tests against real servers, which they start themselves. They take the machine to themselves, one file at a time. */
export default {
  maxWorkers: 1,
  // A project's own is not heard.
  testTimeout: config.testTimeout,
  projects: [
    {
      ...project,
      displayName: 'servers',
      testMatch: ['<rootDir>/test/cluster/**/*.test.ts'],
      testPathIgnorePatterns: [...project.testPathIgnorePatterns, killed],
    },
    // Long, for each victim needs five hundred transfers: `npm run test:kills`.
    { ...project, displayName: 'kills', testMatch: [`<rootDir>${killed}`] },
    {
      ...project,
      displayName: 'journeys',
      testMatch: onServers.map((name) => `<rootDir>/test/journeys/${name}.test.ts`),
      // One set of servers for all of them.
      globalSetup: '<rootDir>/test/cluster/support/start-servers.ts',
      globalTeardown: '<rootDir>/test/cluster/support/stop-servers.ts',
    },
  ],
}
