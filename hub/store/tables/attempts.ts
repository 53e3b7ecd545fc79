import { oneOf, text, textIfAny, whole, wholeIfAny } from '../columns.ts'
import { messageJson } from '../row-json.ts'
import type { SqlRow } from '../sqlite.ts'
import type { SqlSession } from '../step-session.ts'
import type { Attempt, Attempts } from '../store.ts'
import { keyOf } from './transfers.ts'

/** Calls that move money, as rows. */
export function createAttempts(sql: SqlSession): Attempts {
  return {
    latest: async ({ fspId, role, transferId }, step) => {
      const [row] = await sql.all(findLatest, [fspId, role, transferId, step])
      return row && attemptOf(row)
    },
    insert: async (attempt) => {
      const { key, message } = attempt
      await sql.run(insertAttempt, [
        key.fspId,
        key.role,
        key.transferId,
        attempt.step,
        attempt.attempt,
        attempt.upstreamKey,
        message ? messageJson.encode(message) : null,
        attempt.tries,
        attempt.sentAt ?? null,
        attempt.outcome,
      ])
    },
    save: async ({ key, step, attempt, tries, sentAt, outcome }) => {
      const progress = [tries, sentAt ?? null, outcome]
      const row = [key.fspId, key.role, key.transferId, step, attempt]
      const changed = await sql.run(saveAttempt, [...progress, ...row])
      if (changed !== 1) throw new Error('an attempt that was never inserted cannot be saved')
    },
  }
}

const columns = `fsp_id, role, transfer_id, step, attempt, upstream_key, message, tries, sent_at,
  outcome`

const findLatest = `SELECT ${columns} FROM attempts
  WHERE fsp_id = ? AND role = ? AND transfer_id = ? AND step = ? ORDER BY attempt DESC LIMIT 1`

const insertAttempt = `INSERT INTO attempts (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

const saveAttempt = `UPDATE attempts SET tries = ?, sent_at = ?, outcome = ?
  WHERE fsp_id = ? AND role = ? AND transfer_id = ? AND step = ? AND attempt = ?`

const outcomes = ['open', 'done', 'refused', 'not-happened'] as const

function attemptOf(row: SqlRow): Attempt {
  const message = textIfAny(row, 'message')
  const sentAt = wholeIfAny(row, 'sent_at')
  return {
    key: keyOf(row),
    step: text(row, 'step'),
    attempt: whole(row, 'attempt'),
    upstreamKey: text(row, 'upstream_key'),
    ...(message === undefined ? {} : { message: messageJson.decode(message) }),
    tries: whole(row, 'tries'),
    ...(sentAt === undefined ? {} : { sentAt }),
    outcome: oneOf(row, 'outcome', outcomes),
  }
}
