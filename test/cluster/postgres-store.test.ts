import { afterAll, beforeAll, describe } from '@jest/globals'
import { createSystemClock } from '../../hub/clock.ts'
import { createPostgresStore } from '../../hub/store/postgres-store.ts'
import { storeContract } from '../contract/store.ts'
import { silentLog } from '../support/silent-log.ts'
import { startPostgres, type PostgresUnderTest } from './servers/postgres.ts'

const ports = { clock: createSystemClock(), log: silentLog }

describe('a PostgreSQL server', () => {
  let server: PostgresUnderTest
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.remove())

  storeContract('PostgreSQL', async () => {
    const url = await server.createDatabase()
    return {
      open: () => createPostgresStore({ url, poolMax: 8 }, ports),
      remove: () => undefined,
    }
  })
})
