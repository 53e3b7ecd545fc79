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
    AND outbox_events.id > ?
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
  const underWay = createUnderWay(leases)
  return {
    events: async (limit, after) => {
      if (after === undefined) underWay.clear()
      await leases.keep()
      const params = [leases.holder, listOf(leases.held()), Number(after ?? 0), limit]
      const rows = await database.all(findLeased, params)
      // What came so late that its lease may be over, because this process stood still, is left to others.
      const held = leases.held()
      const ours = rows.filter((row) => held.includes(whole(row, 'line_partition')))
      underWay.note(ours)
      return ours.map(outboxEventOf)
    },
    eventsTold: async (told) => {
      const ids = told.map(({ id }) => id)
      const params = [listOf(ids), listOf(ids.map(underWay.tokenOf)), leases.holder]
      const deleted = await database.run(deleteTold, params)
      underWay.settle(ids)
      if (deleted < ids.length) log.warn({ events: ids.length - deleted }, 'outbox lease was lost')
    },
  }
}

type Taken = { readonly partition: number; readonly token: number }

/** Events that were given and not told yet. Their partitions are not given back meanwhile. */
function createUnderWay(leases: Leases): {
  readonly note: (rows: readonly SqlRow[]) => void
  readonly settle: (ids: readonly string[]) => void
  readonly clear: () => void
  /** Of the lease that an event was taken under; one that no lease has if it was not taken. */
  readonly tokenOf: (id: string) => number
} {
  const taken = new Map<string, Taken>()
  const settle = (ids: readonly string[]): void => {
    const touched = new Set(ids.map((id) => taken.get(id)?.partition))
    for (const id of ids) taken.delete(id)
    for (const { partition } of taken.values()) touched.delete(partition)
    for (const partition of touched) if (partition !== undefined) leases.settled(nameOf(partition))
  }
  return {
    note: (rows) => {
      for (const row of rows) {
        const partition = whole(row, 'line_partition')
        taken.set(outboxIdOf(row), { partition, token: whole(row, 'token') })
        leases.taken(partition, nameOf(partition))
      }
    },
    settle,
    clear: () => settle([...taken.keys()]),
    tokenOf: (id) => taken.get(id)?.token ?? -1,
  }
}

/** Among the ids of rows under way, which are numbers. */
function nameOf(partition: number): string {
  return `events of ${String(partition)}`
}

function outboxIdOf(row: SqlRow): string {
  return String(whole(row, 'id'))
}
