import { text, whole } from '../columns.ts'
import type { SqlSession } from '../step-session.ts'
import type { Lookups } from '../store.ts'

/** Party lookups under way, as rows. Opening a line's lookup again replaces what wakes it. */
export function createLookups(sql: SqlSession): Lookups {
  return {
    open: async (fspId, partyKey, { line, messageName, correlationKey, since }) => {
      const waiter = [line, messageName, correlationKey, since]
      await sql.run(openLookup, [fspId, partyKey, ...waiter])
    },
    waiters: async (fspId, partyKey) =>
      (await sql.all(findWaiters, [fspId, partyKey])).map((row) => ({
        line: text(row, 'line'),
        messageName: text(row, 'message_name'),
        correlationKey: text(row, 'correlation_key'),
        since: whole(row, 'since'),
      })),
    close: async (fspId, partyKey, line) => {
      await sql.run(closeLookup, [fspId, partyKey, line])
    },
  }
}

const openLookup = `INSERT INTO lookups
  (fsp_id, party_key, line, message_name, correlation_key, since) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (fsp_id, party_key, line) DO UPDATE SET message_name = excluded.message_name,
    correlation_key = excluded.correlation_key, since = excluded.since`

const findWaiters = `SELECT line, message_name, correlation_key, since FROM lookups
  WHERE fsp_id = ? AND party_key = ? ORDER BY since, line`

const closeLookup = 'DELETE FROM lookups WHERE fsp_id = ? AND party_key = ? AND line = ?'
