import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { createGroupCommit, type GroupCommit } from './group-commit.ts'
import { migrate } from './schema.ts'
import { openSqlite, type SqlDatabase } from './sqlite.ts'
import type { OutboxQueue, Store } from './store.ts'
import { createEventRows } from './tables/outbox-events.ts'
import { createOutboxRows } from './tables/outbox.ts'
import { createTx, createWakeList, type WakeList } from './tx.ts'

/** The store in a SQLite file, with what the relay and tests need beside it. */
export type SqliteStore = Store & {
  readonly queue: OutboxQueue
  /** Ends as a power cut would, for tests: what is not committed is lost, no step settles any more, the file is free. */
  crash(): void
}

/**
 * Opens or creates the hub's store in a SQLite file (`:memory:` for none). A step is durable when it resolves; steps asked
 * for in one turn of the event loop share a commit. Throws one sentence when another program has the file.
 */
export function createSqliteStore(
  config: { readonly file: string },
  ports: {
    readonly clock: Clock
    readonly log: Log
    /** `openSqlite`, unless a test or simulator brings its own disk. */
    readonly open?: (file: string) => SqlDatabase
  },
): SqliteStore {
  return createStoreOver((ports.open ?? openSqlite)(config.file), ports)
}

/** The same over a database that is open already; the store closes it. */
export function createStoreOver(
  database: SqlDatabase,
  ports: { readonly clock: Clock; readonly log: Log },
): SqliteStore {
  migrate(database, 'INTEGER PRIMARY KEY AUTOINCREMENT')
  const commits = createGroupCommit(database, ports)
  const wakes = { row: createWakeList(), event: createWakeList() }
  const tx = createTx(commits.session, { row: wakes.row.wake, event: wakes.event.wake })
  return {
    step: (work) => commits.step(() => work(tx)),
    queue: createQueue(commits, wakes),
    close: () => commits.close(),
    crash: () => {
      commits.crash()
    },
  }
}

/** The relay's calls are steps like any other, so it sees only what is committed and shares the commits. */
function createQueue(
  commits: GroupCommit,
  wakes: { readonly row: WakeList; readonly event: WakeList },
): OutboxQueue {
  const rows = createOutboxRows(commits.session)
  const events = createEventRows(commits.session)
  return {
    due: (now, limit, kind) => commits.step(() => rows.due(now, limit, kind)),
    nextDueAt: (now) => commits.step(() => rows.nextDueAt(now)),
    done: (ids) => commits.stepLater(() => rows.done(ids)),
    postpone: (id, dueAt) => commits.step(() => rows.postpone(id, dueAt)),
    onAdded: wakes.row.add,
    events: (limit) => commits.step(() => events.events(limit)),
    eventsTold: (told) => commits.stepLater(() => events.eventsTold(told)),
    onEvents: wakes.event.add,
  }
}
