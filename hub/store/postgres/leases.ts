import type { Clock } from '../../clock.ts'
import { whole } from '../columns.ts'
import { partitions } from '../tables/outbox.ts'
import type { Database } from './database.ts'

/** Which partitions of the outbox are this process's for now. */
export interface Leases {
  /** Who holds them, in the rows. */
  readonly holder: string
  /** How often `keep` is to be called at least. */
  readonly keepMs: number
  /** Renews the leases and takes or gives back some, if that is due. */
  keep(): Promise<void>
  /** Partitions whose rows may be taken; none when the leases may have run out. */
  held(): readonly number[]
  /** Notes a row of a partition as taken: the partition is not given back to others until it is `settled`. */
  taken(partition: number, rowId: string): void
  settled(rowId: string): void
  /** Gives all back. */
  release(): Promise<void>
}

/** How long a partition stays with a process that says nothing any more. */
export type LeaseTimes = { readonly leaseMs: number }

/** Leases run by the database's clock: those of the processes may differ. */
export const databaseNow = 'CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)'

const sayLive = `INSERT INTO outbox_relays (holder, live_until) VALUES (?, ${databaseNow} + ?)
  ON CONFLICT (holder) DO UPDATE SET live_until = excluded.live_until`

const forgetDead = `DELETE FROM outbox_relays WHERE live_until < ${databaseNow}`

const countLive = `SELECT COUNT(*) AS live FROM outbox_relays`

/** One that ran out is renewed as well, if nobody has taken it since. */
const renew = `UPDATE outbox_leases SET leased_until = ${databaseNow} + ? WHERE holder = ?
  RETURNING line_partition`

/** The token rises with each new holder: what an earlier one still says of its rows is not believed. */
const take = `UPDATE outbox_leases
  SET holder = ?, token = token + 1, leased_until = ${databaseNow} + ?
  WHERE line_partition IN (
    SELECT line_partition FROM outbox_leases WHERE leased_until < ${databaseNow}
    ORDER BY line_partition LIMIT ? FOR UPDATE SKIP LOCKED)
  RETURNING line_partition`

const giveBack = `UPDATE outbox_leases SET holder = '', leased_until = 0
  WHERE holder = ? AND line_partition = ?`

const giveAllBack = `UPDATE outbox_leases SET holder = '', leased_until = 0 WHERE holder = ?`

const leave = 'DELETE FROM outbox_relays WHERE holder = ?'

type Books = {
  /** By this process's own clock, and a little early: the request that brought them left before. */
  validUntil: number
  keptAt: number | undefined
  held: readonly number[]
  /** Held, but to be given back once no row of theirs is under way. */
  leaving: readonly number[]
  /** Partition of each row under way. */
  readonly underWay: Map<string, number>
}

/**
 * Shares the partitions evenly among the processes that keep leases on this database. Each renews after a quarter of the
 * time; one that has died loses its partitions when the time is over.
 */
export function createLeases(
  database: Database,
  { leaseMs }: LeaseTimes,
  { clock }: { readonly clock: Clock },
): Leases {
  const holder = clock.uuid()
  const keepMs = Math.floor(leaseMs / 4)
  const books: Books = {
    validUntil: 0,
    keptAt: undefined,
    held: [],
    leaving: [],
    underWay: new Map(),
  }
  let keeping: Promise<void> | undefined
  const isDue = (): boolean => books.keptAt === undefined || clock.now() - books.keptAt >= keepMs
  const keepNow = async (): Promise<void> => {
    const askedAt = clock.now()
    await refresh(database, books, { holder, leaseMs })
    books.keptAt = askedAt
    books.validUntil = askedAt + leaseMs
  }
  return {
    holder,
    keepMs,
    keep: async () => {
      if (keeping === undefined && !isDue()) return
      keeping ??= keepNow().finally(() => (keeping = undefined))
      await keeping
    },
    held: () => {
      if (clock.now() >= books.validUntil) return []
      return books.held.filter((partition) => !books.leaving.includes(partition))
    },
    taken: (partition, rowId) => {
      books.underWay.set(rowId, partition)
    },
    settled: (rowId) => {
      books.underWay.delete(rowId)
    },
    release: async () => {
      books.validUntil = 0
      await keeping?.catch(() => undefined)
      if (books.keptAt === undefined) return
      await database.run(giveAllBack, [holder])
      await database.run(leave, [holder])
    },
  }
}

async function refresh(
  database: Database,
  books: Books,
  { holder, leaseMs }: { readonly holder: string; readonly leaseMs: number },
): Promise<void> {
  await database.run(sayLive, [holder, leaseMs])
  await database.run(forgetDead)
  const [row] = await database.all(countLive)
  const share = Math.ceil(partitions / Math.max(row ? whole(row, 'live') : 1, 1))
  const partitionsOf = async (sql: string, params: readonly (string | number)[]) =>
    (await database.all(sql, params)).map((lease) => whole(lease, 'line_partition'))
  const kept = (await partitionsOf(renew, [leaseMs, holder])).sort((a, b) => a - b)
  books.leaving = kept.slice(share)
  books.held = kept
  for (const partition of books.leaving) {
    if ([...books.underWay.values()].includes(partition)) continue
    await database.run(giveBack, [holder, partition])
    books.held = books.held.filter((one) => one !== partition)
  }
  const lacking = share - kept.length
  if (lacking > 0) {
    books.held = [...books.held, ...(await partitionsOf(take, [holder, leaseMs, lacking]))]
  }
}
