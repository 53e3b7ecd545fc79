import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals'
import { Client } from 'pg'
import { createSystemClock, type Clock } from '../../hub/clock.ts'
import type { Log } from '../../hub/log.ts'
import { createPostgresStore, type PostgresStore } from '../../hub/store/postgres-store.ts'
import { startPostgres, type PostgresServer } from '../../sandbox/servers/postgres.ts'
import { silentLog } from '../support/silent-log.ts'
import { serverPorts } from './support/server-ports.ts'

type StoreOptions = {
  readonly leaseMs?: number
  readonly poolMax?: number
  readonly clock?: Clock
  readonly log?: Log
}

/** One server for a file of tests, one empty database for each test, and stores on it that are closed at its end. */
export type Postgres = {
  readonly server: () => PostgresServer
  readonly url: () => string
  readonly open: (options?: StoreOptions) => Promise<PostgresStore>
  readonly ask: (sql: string) => Promise<readonly Record<string, unknown>[]>
}

/** Starts and ends the server and the databases around the tests of the calling file. */
export function aroundPostgres(): Postgres {
  let server: PostgresServer
  let url = ''
  const stores: PostgresStore[] = []
  beforeAll(async () => {
    server = await startPostgres(serverPorts)
  })
  afterAll(() => server.stop())
  beforeEach(async () => {
    url = await server.createDatabase()
  })
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()))
  })
  return {
    server: () => server,
    url: () => url,
    open: async ({ clock = createSystemClock(), log = silentLog, ...options } = {}) => {
      const store = await createPostgresStore({ url, poolMax: 8, ...options }, { clock, log })
      stores.push(store)
      return store
    },
    ask: (sql) => ask(url, sql),
  }
}

/** Resolves once all who are expected have come; whoever comes again later goes on at once. */
export function createMeeting(expected: number): () => Promise<void> {
  let come = 0
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return async () => {
    if (++come >= expected) open()
    await opened
  }
}

/** Asks again, 20 ms apart, until the answer is yes; throws after 20 s. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (await isSo()) return
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
  }
  throw new Error('it did not become so')
}

/** Runs statements at a URL, on a connection of their own. */
async function ask(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}
