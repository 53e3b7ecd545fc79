import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { openDatabase, type Database, type DatabaseConfig } from './postgres/database.ts'
import { createEventQueue } from './postgres/event-queue.ts'
import { createLeases } from './postgres/leases.ts'
import { migratePostgres } from './postgres/migrate.ts'
import { createNotices } from './postgres/notices.ts'
import { createSharedQueue } from './postgres/outbox-queue.ts'
import { createSteps } from './postgres/steps.ts'
import type { OutboxQueue, Store } from './store.ts'
import { createTx, createWakeList } from './tx.ts'

/** The store in PostgreSQL, with what the relay and tests need beside it. */
export type PostgresStore = Store & {
  readonly queue: OutboxQueue
  /** Ends as a power cut would, for tests: what is not committed is lost, and no step settles any more. */
  crash(): void
}

/** `leaseMs`: how long a relay that says nothing any more keeps its part of the outbox (10 s). */
export type PostgresStoreConfig = DatabaseConfig & { readonly leaseMs?: number }

const leaseMsDefault = 10_000

/**
 * Opens the hub's store in a PostgreSQL database, bringing its tables to this program's version. Any number of processes
 * may use it at once. A step is durable when it resolves; it rejects with `Unavailable` while the database cannot be
 * reached, and the store is itself again once it can. Rejects with one sentence when it cannot be opened.
 */
export async function createPostgresStore(
  config: PostgresStoreConfig,
  ports: { readonly clock: Clock; readonly log: Log },
): Promise<PostgresStore> {
  const database = openDatabase(config, ports)
  try {
    await migratePostgres(database)
  } catch (error) {
    await database.close()
    throw error
  }
  return createStoreOver(database, config, ports)
}

function createStoreOver(
  database: Database,
  { url, leaseMs = leaseMsDefault }: PostgresStoreConfig,
  ports: { readonly clock: Clock; readonly log: Log },
): PostgresStore {
  const steps = createSteps(database, ports)
  const notices = createNotices(url, database, ports)
  const leases = createLeases(database, { leaseMs }, ports)
  const queue = createSharedQueue(database, { leases, listen: notices.listen, ...ports })
  const eventQueue = createEventQueue(database, { leases, ...ports })
  const own = { row: createWakeList(), event: createWakeList() }
  const wakes = {
    row: () => {
      own.row.wake()
      notices.tell()
    },
    event: () => {
      own.event.wake()
      notices.tell()
    },
  }
  let ended: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await steps.close()
    notices.close()
    await queue.close().catch((error: unknown) => {
      ports.log.warn({ error }, 'outbox leases not given back')
    })
    await database.close()
  }
  return {
    step: (work) => steps.step((sql) => work(createTx(sql, wakes))),
    queue: {
      ...queue,
      ...eventQueue,
      onAdded: (wake) => {
        own.row.add(wake)
        queue.onAdded(wake)
      },
      // Word from other processes does not say which of both they added.
      onEvents: (wake) => {
        own.event.add(wake)
        queue.onAdded(wake)
      },
    },
    close: () => (ended ??= close()),
    crash: () => {
      ended ??= Promise.resolve()
      steps.crash()
      notices.close()
      queue.crash()
      database.destroy()
    },
  }
}
