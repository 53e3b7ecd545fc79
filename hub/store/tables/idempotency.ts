import { text, whole } from '../columns.ts'
import type { SqlSession } from '../step-session.ts'
import type { IdempotencyRecords } from '../store.ts'

/** First answers, as rows. A second insert of a scope throws: the caller has not looked first. */
export function createIdempotencyRecords(sql: SqlSession): IdempotencyRecords {
  return {
    find: async ({ tenant, route, key }) => {
      const [row] = await sql.all(findRecord, [tenant, route, key])
      if (!row) return undefined
      const requestHash = text(row, 'request_hash')
      return { requestHash, status: whole(row, 'status'), body: text(row, 'body') }
    },
    insert: async ({ tenant, route, key }, { requestHash, status, body }) => {
      await sql.run(insertRecord, [tenant, route, key, requestHash, status, body])
    },
  }
}

const findRecord = `SELECT request_hash, status, body FROM idempotency
  WHERE tenant = ? AND route = ? AND key = ?`

const insertRecord = `INSERT INTO idempotency (tenant, route, key, request_hash, status, body)
  VALUES (?, ?, ?, ?, ?, ?)`
