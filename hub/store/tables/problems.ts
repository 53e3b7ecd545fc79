import { oneOf, text, whole } from '../columns.ts'
import type { SqlRow } from '../sqlite.ts'
import type { SqlSession } from '../step-session.ts'
import type { Problem, Problems } from '../store.ts'
import { keyOf } from './transfers.ts'

/** What only a person can settle, as rows. One that was closed may open again. */
export function createProblems(sql: SqlSession): Problems {
  return {
    open: async ({ key, kind, detail, openedAt }) => {
      const { fspId, role, transferId } = key
      await sql.run(openProblem, [fspId, role, transferId, kind, detail, openedAt])
    },
    close: async ({ fspId, role, transferId }, kind, closedAt) => {
      await sql.run(closeProblem, [closedAt, fspId, role, transferId, kind])
    },
    listOpen: async (fspId) => (await sql.all(findOpen, [fspId])).map(problemOf),
  }
}

const openProblem = `INSERT INTO problems
  (fsp_id, role, transfer_id, kind, detail, opened_at, closed_at) VALUES (?, ?, ?, ?, ?, ?, NULL)
  ON CONFLICT (fsp_id, role, transfer_id, kind) DO UPDATE SET detail = excluded.detail,
    opened_at = excluded.opened_at, closed_at = NULL WHERE problems.closed_at IS NOT NULL`

const closeProblem = `UPDATE problems SET closed_at = ?
  WHERE fsp_id = ? AND role = ? AND transfer_id = ? AND kind = ? AND closed_at IS NULL`

const findOpen = `SELECT fsp_id, role, transfer_id, kind, detail, opened_at FROM problems
  WHERE fsp_id = ? AND closed_at IS NULL ORDER BY opened_at, transfer_id, kind`

const kinds = [
  'outcome-disputed',
  'committed-after-release',
  'booking-owed',
  'outcome-unknowable',
  'incident',
] as const satisfies readonly Problem['kind'][]

function problemOf(row: SqlRow): Problem {
  return {
    key: keyOf(row),
    kind: oneOf(row, 'kind', kinds),
    detail: text(row, 'detail'),
    openedAt: whole(row, 'opened_at'),
  }
}
