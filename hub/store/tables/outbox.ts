import { text, whole } from '../columns.ts'
import { outboxJson } from '../row-json.ts'
import type { SqlRow } from '../sqlite.ts'
import type { SqlSession } from '../step-session.ts'
import type { Outbox, OutboxQueue, OutboxRow } from '../store.ts'

/** What must leave, as rows, for the steps that add. `wake` runs after each commit that added one. */
export function createOutbox(sql: SqlSession, wake: () => void): Outbox {
  return {
    add: async ({ line, dueAt, ...entry }) => {
      const order = [entry.kind, line, partitionOf(line)]
      await sql.run(insertRow, [...order, dueAt, outboxJson.encode(entry)])
      sql.onCommit(wake)
    },
  }
}

/** The same rows for the relay that takes them away; each call is to run in a step. */
export function createOutboxRows(
  sql: SqlSession,
): Pick<OutboxQueue, 'due' | 'nextDueAt' | 'done' | 'postpone'> {
  return {
    due: async (now, limit, kind) =>
      (await sql.all(findDue, [kind, now, now, limit])).map(outboxRowOf),
    nextDueAt: async (now) => {
      const [row] = await sql.all(findNextDueAt, [now])
      return row && whole(row, 'due_at')
    },
    done: async (ids) => {
      for (const id of ids) await sql.run('DELETE FROM outbox WHERE id = ?', [Number(id)])
    },
    postpone: async (id, dueAt) => {
      const statement = 'UPDATE outbox SET due_at = ?, tries = tries + 1 WHERE id = ?'
      await sql.run(statement, [dueAt, Number(id)])
    },
  }
}

const insertRow = `INSERT INTO outbox (kind, line, line_partition, due_at, tries, entry)
  VALUES (?, ?, ?, ?, 0, ?)`

/**
 * Which rows may leave. A row waits for the earlier ones of its line that are due or were tried; one that is not due yet holds
 * nobody up. Parameters: the kind, the time, and the time again.
 */
export const mayLeave = `outbox.kind = ? AND outbox.due_at <= ? AND NOT EXISTS (
    SELECT 1 FROM outbox earlier
    WHERE earlier.kind = outbox.kind AND earlier.line = outbox.line AND earlier.id < outbox.id
      AND (earlier.due_at <= ? OR earlier.tries > 0))`

const findDue = `SELECT id, line, due_at, tries, entry FROM outbox
  WHERE ${mayLeave} ORDER BY id LIMIT ?`

/** When the next row after a time becomes due. */
export const findNextDueAt = 'SELECT due_at FROM outbox WHERE due_at > ? ORDER BY due_at LIMIT 1'

/** How many parts the outbox is cut into; the schema has a lease for each. */
export const partitions = 16

/** FNV-1a of the line: which of the partitions it falls into, so that several relays can share the outbox by leases. */
export function partitionOf(line: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < line.length; index++) {
    hash = Math.imul(hash ^ line.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0) % partitions
}

/** A row of the outbox, of the columns id, line, due_at, tries and entry. */
export function outboxRowOf(row: SqlRow): OutboxRow {
  return {
    ...outboxJson.decode(text(row, 'entry')),
    id: String(whole(row, 'id')),
    line: text(row, 'line'),
    dueAt: whole(row, 'due_at'),
    tries: whole(row, 'tries'),
  }
}
