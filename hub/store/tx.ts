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
import { createTransfers } from './tables/transfers.ts'

/** All tables over one session, whatever database is behind it. `wake` runs after each commit that added to the outbox. */
export function createTx(sql: SqlSession, wake: () => void): Tx {
  return {
    transfers: createTransfers(sql),
    idempotency: createIdempotencyRecords(sql),
    attempts: createAttempts(sql),
    inbox: createInbox(sql),
    outbox: createOutbox(sql, wake),
    lookups: createLookups(sql),
    quotes: createQuotes(sql),
    problems: createProblems(sql),
    registrations: createRegistrations(sql),
  }
}
