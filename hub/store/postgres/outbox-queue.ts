import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import { whole } from '../columns.ts'
import type { SqlRow } from '../sqlite.ts'
import type { OutboxQueue } from '../store.ts'
import { findNextDueAt, mayLeave, outboxRowOf } from '../tables/outbox.ts'
import type { Database } from './database.ts'
import { databaseNow, type Leases } from './leases.ts'

/** The outbox of a database that several relays share, and its end. */
export type SharedQueue = Omit<OutboxQueue, 'events' | 'eventsTold' | 'onEvents'> & {
  close(): Promise<void>
  crash(): void
}

/** What the queue needs. `listen` calls back when another process may have added rows, until it is ended. */
export type QueuePorts = {
  readonly leases: Leases
  readonly listen: (wake: () => void) => { close(): Promise<void> }
  readonly clock: Clock
  readonly log: Log
}

/** How long a row may lie when no word of it came from the process that added it. */
const pollMs = 1_000

/** The first due row of each line, in partitions that are ours while this runs. */
const findLeased = `SELECT outbox.id, outbox.line, outbox.due_at, outbox.tries, outbox.entry,
    outbox.line_partition, outbox_leases.token
  FROM outbox JOIN outbox_leases ON outbox_leases.line_partition = outbox.line_partition
  WHERE outbox_leases.holder = ? AND outbox_leases.leased_until > ${databaseNow}
    AND outbox_leases.line_partition = ANY (CAST(? AS BIGINT[]))
    AND ${mayLeave}
  ORDER BY outbox.id LIMIT ?`

const findAnyDue = `SELECT 1 AS found WHERE EXISTS (SELECT 1 FROM outbox WHERE due_at <= ?)
  OR EXISTS (SELECT 1 FROM outbox_events)`

/** Only while the lease is the one that the row was taken under. */
const isStillOurs = `EXISTS (SELECT 1 FROM outbox_leases
  WHERE outbox_leases.line_partition = outbox.line_partition
    AND outbox_leases.holder = ? AND outbox_leases.token = asked.token)`

const deleteRows = `DELETE FROM outbox
  USING unnest(CAST(? AS BIGINT[]), CAST(? AS BIGINT[])) AS asked (id, token)
  WHERE outbox.id = asked.id AND ${isStillOurs}`

const postponeRow = `UPDATE outbox SET due_at = ?, tries = tries + 1
  FROM (SELECT CAST(? AS BIGINT) AS id, CAST(? AS BIGINT) AS token) AS asked
  WHERE outbox.id = asked.id AND ${isStillOurs}`

/**
 * Gives a relay the rows of the partitions that this process has leased. What it says of a row is written only while the
 * lease under which it got the row still holds, by its token; otherwise the row is another relay's, and stays.
 */
export function createSharedQueue(database: Database, ports: QueuePorts): SharedQueue {
  const { leases, log } = ports
  const taken = createTakenRows(leases)
  const wakes = createWakes(ports, async () => {
    const rows = await database.all(findAnyDue, [ports.clock.now()])
    return rows.length > 0
  })
  const settle = async (ids: readonly string[], write: () => Promise<number>): Promise<void> => {
    const changed = await write()
    for (const id of ids) taken.settle(id)
    if (changed < ids.length) log.warn({ rows: ids.length - changed }, 'outbox lease was lost')
  }
  const { tokenOf } = taken
  return {
    due: async (now, limit, kind) => {
      await leases.keep()
      const place = [leases.holder, listOf(leases.held())]
      const rows = await taken.take(() =>
        database.all(findLeased, [...place, kind, now, now, limit]),
      )
      return rows.map(outboxRowOf)
    },
    nextDueAt: async (now) => {
      const [row] = await database.all(findNextDueAt, [now])
      return row && whole(row, 'due_at')
    },
    done: (ids) =>
      settle(ids, () =>
        database.run(deleteRows, [listOf(ids), listOf(ids.map(tokenOf)), leases.holder]),
      ),
    postpone: (id, dueAt) =>
      settle([id], () =>
        database.run(postponeRow, [dueAt, Number(id), tokenOf(id), leases.holder]),
      ),
    onAdded: wakes.add,
    close: async () => {
      await wakes.close()
      await leases.release()
    },
    crash: () => void wakes.close(),
  }
}

type TakenRows = {
  /** Notes the rows that are read as under way, and returns those that are ours to carry. */
  take(read: () => Promise<readonly SqlRow[]>): Promise<readonly SqlRow[]>
  settle(id: string): void
  /** Of the lease that a row was taken under; one that no lease has if it was not taken. */
  tokenOf(id: string): number
}

/**
 * Rows that came so late that their lease may be over, because this process stood still, are left to others; and rows that
 * were settled while they were read again are over.
 */
function createTakenRows(leases: Leases): TakenRows {
  const tokens = new Map<string, number>()
  const settledMeanwhile = new Set<string>()
  let reading = 0
  const isOurs = (row: SqlRow, held: readonly number[]): boolean =>
    held.includes(whole(row, 'line_partition')) && !settledMeanwhile.has(idOf(row))
  return {
    take: async (read) => {
      reading++
      try {
        const rows = await read()
        const held = leases.held()
        const ours = rows.filter((row) => isOurs(row, held))
        for (const row of ours) {
          leases.taken(whole(row, 'line_partition'), idOf(row))
          tokens.set(idOf(row), whole(row, 'token'))
        }
        return ours
      } finally {
        reading--
        if (reading === 0) settledMeanwhile.clear()
      }
    },
    settle: (id) => {
      leases.settled(id)
      tokens.delete(id)
      if (reading > 0) settledMeanwhile.add(id)
    },
    tokenOf: (id) => tokens.get(id) ?? -1,
  }
}

function idOf(row: SqlRow): string {
  return String(whole(row, 'id'))
}

/** Wakes the relays of this process: after word from others, and now and then when there is something due. */
function createWakes(
  { leases, listen, clock, log }: QueuePorts,
  isAnyDue: () => Promise<boolean>,
): { readonly add: (wake: () => void) => void; readonly close: () => Promise<void> } {
  const wakes: (() => void)[] = []
  let listening: ReturnType<QueuePorts['listen']> | undefined
  let cancelPoll = (): void => undefined
  let isClosed = false
  const wakeAll = (): void => {
    for (const wake of wakes) wake()
  }
  const look = async (): Promise<void> => {
    try {
      await leases.keep()
      if (await isAnyDue()) wakeAll()
    } catch (error) {
      log.warn({ error }, 'outbox not looked at')
    }
    if (!isClosed) plan()
  }
  const plan = (): void => {
    cancelPoll = clock.after(Math.min(pollMs, leases.keepMs), () => void look())
  }
  return {
    add: (wake) => {
      wakes.push(wake)
      if (listening !== undefined) return
      listening = listen(wakeAll)
      plan()
    },
    close: async () => {
      isClosed = true
      cancelPoll()
      wakes.length = 0
      await listening?.close()
    },
  }
}

/** An array as PostgreSQL writes it, for the parameters of `CAST(? AS BIGINT[])`. */
export function listOf(values: readonly (string | number)[]): string {
  return `{${values.join(',')}}`
}
