import type { SqlSession } from './step-session.ts'
import type { Tx } from './store.ts'
import { createAttempts } from './tables/attempts.ts'
import { createIdempotencyRecords } from './tables/idempotency.ts'
import { createInbox } from './tables/inbox.ts'
import { createLookups } from './tables/lookups.ts'
import { createOutbox } from './tables/outbox.ts'
import { createProblems } from './tables/problems.ts'
import { createQuotes } from './tables/quotes.ts'
import { createRegistrations } from './tables/registrations.ts'
import { createStatistics } from './tables/statistics.ts'
import { createTransfers } from './tables/transfers.ts'

/** What runs after each commit that added to the outbox: a row, or an event. */
export type Wakes = { readonly row: () => void; readonly event: () => void }

/** All tables over one session, whatever database is behind it. */
export function createTx(sql: SqlSession, wakes: Wakes): Tx {
  return {
    transfers: createTransfers(sql, wakes.event),
    idempotency: createIdempotencyRecords(sql),
    attempts: createAttempts(sql),
    inbox: createInbox(sql),
    outbox: createOutbox(sql, wakes.row),
    lookups: createLookups(sql),
    quotes: createQuotes(sql),
    problems: createProblems(sql),
    registrations: createRegistrations(sql),
    statistics: createStatistics(sql),
  }
}

/** Who is woken, and what wakes them. */
export type WakeList = { readonly add: (wake: () => void) => void; readonly wake: () => void }

/** A list of those who are to be woken; `wake` stays the same function, so that one commit wakes them once. */
export function createWakeList(): WakeList {
  const wakes: (() => void)[] = []
  return {
    add: (wake) => void wakes.push(wake),
    wake: () => {
      for (const wake of wakes) wake()
    },
  }
}
