import type { Log } from '../../log.ts'
import { whole } from '../columns.ts'
import type { SqlRow } from '../sqlite.ts'
import type { OutboxQueue } from '../store.ts'
import { outboxEventOf } from '../tables/outbox-events.ts'
import type { Database } from './database.ts'
import { databaseNow, type Leases } from './leases.ts'
import { listOf } from './outbox-queue.ts'

/** The oldest events in partitions that are ours while this runs. */
const findLeased = `SELECT outbox_events.id, outbox_events.event, outbox_events.line_partition,
    outbox_leases.token
  FROM outbox_events JOIN outbox_leases
    ON outbox_leases.line_partition = outbox_events.line_partition
  WHERE outbox_leases.holder = ? AND outbox_leases.leased_until > ${databaseNow}
    AND outbox_leases.line_partition = ANY (CAST(? AS BIGINT[]))
  ORDER BY outbox_events.id LIMIT ?`

/** Only while the lease is the one that the event was taken under. */
const deleteTold = `DELETE FROM outbox_events
  USING unnest(CAST(? AS BIGINT[]), CAST(? AS BIGINT[])) AS told (id, token)
  WHERE outbox_events.id = told.id AND EXISTS (SELECT 1 FROM outbox_leases
    WHERE outbox_leases.line_partition = outbox_events.line_partition
      AND outbox_leases.holder = ? AND outbox_leases.token = told.token)`

/**
 * Gives a relay the events of the partitions that this process has leased, a batch at a time. A leg's events are in one
 * partition, so two relays tell them at once only when one stood still past its lease; what it then says was told is not
 * believed, and comes again from the other.
 */
export function createEventQueue(
  database: Database,
  { leases, log }: { readonly leases: Leases; readonly log: Log },
): Pick<OutboxQueue, 'events' | 'eventsTold'> {
  let tokens = new Map<string, number>()
  const underWay = createUnderWay(leases)
  return {
    events: async (limit) => {
      underWay.clear()
      await leases.keep()
      const rows = await database.all(findLeased, [leases.holder, listOf(leases.held()), limit])
      // What came so late that its lease may be over, because this process stood still, is left to others.
      const held = leases.held()
      const ours = rows.filter((row) => held.includes(whole(row, 'line_partition')))
      underWay.note(ours)
      tokens = new Map(ours.map((row) => [outboxIdOf(row), whole(row, 'token')]))
      return ours.map(outboxEventOf)
    },
    eventsTold: async (told) => {
      const ids = told.map(({ id }) => id)
      const tokensOfTold = ids.map((id) => tokens.get(id) ?? -1)
      const params = [listOf(ids), listOf(tokensOfTold), leases.holder]
      const deleted = await database.run(deleteTold, params)
      underWay.clear()
      if (deleted < ids.length) log.warn({ events: ids.length - deleted }, 'outbox lease was lost')
    },
  }
}

/** Partitions with events under way are not given back meanwhile. */
function createUnderWay(leases: Leases): {
  readonly note: (rows: readonly SqlRow[]) => void
  readonly clear: () => void
} {
  let names: readonly string[] = []
  return {
    note: (rows) => {
      const partitions = [...new Set(rows.map((row) => whole(row, 'line_partition')))]
      for (const partition of partitions) leases.taken(partition, nameOf(partition))
      names = partitions.map(nameOf)
    },
    clear: () => {
      for (const name of names) leases.settled(name)
      names = []
    },
  }
}

/** Among the ids of rows under way, which are numbers. */
function nameOf(partition: number): string {
  return `events of ${String(partition)}`
}

function outboxIdOf(row: SqlRow): string {
  return String(whole(row, 'id'))
}
