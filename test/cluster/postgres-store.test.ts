import { afterAll, beforeAll, describe } from '@jest/globals'
import { createSystemClock } from '../../hub/clock.ts'
import { createPostgresStore } from '../../hub/store/postgres-store.ts'
import { startPostgres, type PostgresServer } from '../../sandbox/servers/postgres.ts'
import { storeContract } from '../contract/store.ts'
import { silentLog } from '../support/silent-log.ts'
import { serverPorts } from './support/server-ports.ts'

const ports = { clock: createSystemClock(), log: silentLog }

describe('a PostgreSQL server', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres(serverPorts)
  })
  afterAll(() => server.stop())

  storeContract('PostgreSQL', async () => {
    const url = await server.createDatabase()
    return {
      open: () => createPostgresStore({ url, poolMax: 8 }, ports),
      remove: () => undefined,
    }
  })
})
