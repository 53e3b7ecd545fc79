import { formatAmount, moneyOf } from '../../domain/money.ts'
import type { TransferKey } from '../../domain/transfer.ts'
import type { DayKey, DayStatistics, LegCounted } from '../../statistics/day.ts'
import { oneOf, text, whole, wholeIfAny } from '../columns.ts'
import { countsJson } from '../row-json.ts'
import type { SqlRow, SqlValue } from '../sqlite.ts'
import type { SqlSession } from '../step-session.ts'
import type { Statistics } from '../store.ts'

/** What was counted of legs and days, as rows. */
export function createStatistics(sql: SqlSession): Statistics {
  return {
    leg: async (key) => {
      const [row] = await sql.all(findLeg, legParams(key))
      return row && legOf(row)
    },
    saveLeg: async (key, { sequence, receivedAt, endedAt }) => {
      await sql.run(saveLeg, [...legParams(key), sequence, receivedAt ?? null, endedAt ?? null])
    },
    day: async (key) => {
      const [row] = await sql.all(findDay, dayParams(key))
      return row && dayOf(row)
    },
    saveDay: async (day) => {
      await sql.run(saveDay, [...dayParams(day.key), ...countParams(day)])
    },
    days: async ({ fspId, from, to }) =>
      (await sql.all(findDays, [fspId, from, to, daysMax])).map(dayOf),
  }
}

const daysMax = 10_000

const findLeg = `SELECT sequence, received_at, ended_at FROM statistics_legs
  WHERE fsp_id = ? AND role = ? AND transfer_id = ?`

const saveLeg = `INSERT INTO statistics_legs
  (fsp_id, role, transfer_id, sequence, received_at, ended_at) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (fsp_id, role, transfer_id) DO UPDATE SET sequence = excluded.sequence,
    received_at = excluded.received_at, ended_at = excluded.ended_at`

const dayColumns = `fsp_id, day, role, currency, received, committed, amount, aborted,
  total_ms, longest_ms, within`

const findDay = `SELECT ${dayColumns} FROM statistics_days
  WHERE fsp_id = ? AND day = ? AND role = ? AND currency = ?`

const findDays = `SELECT ${dayColumns} FROM statistics_days
  WHERE fsp_id = ? AND day >= ? AND day <= ? ORDER BY day, role, currency LIMIT ?`

const saveDay = `INSERT INTO statistics_days (${dayColumns})
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (fsp_id, day, role, currency) DO UPDATE SET received = excluded.received,
    committed = excluded.committed, amount = excluded.amount, aborted = excluded.aborted,
    total_ms = excluded.total_ms, longest_ms = excluded.longest_ms, within = excluded.within`

function legParams({ fspId, role, transferId }: TransferKey): readonly SqlValue[] {
  return [fspId, role, transferId]
}

function dayParams({ fspId, day, role, currency }: DayKey): readonly SqlValue[] {
  return [fspId, day, role, currency]
}

function countParams({ received, committed, amount, aborted, took }: DayStatistics) {
  return [
    received,
    committed,
    formatAmount(amount),
    countsJson.encode(aborted),
    took.totalMs,
    took.longestMs,
    countsJson.encode(took.within),
  ]
}

function legOf(row: SqlRow): LegCounted {
  const receivedAt = wholeIfAny(row, 'received_at')
  const endedAt = wholeIfAny(row, 'ended_at')
  return {
    sequence: whole(row, 'sequence'),
    ...(receivedAt === undefined ? {} : { receivedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
  }
}

function dayOf(row: SqlRow): DayStatistics {
  const currency = text(row, 'currency')
  const key = { fspId: text(row, 'fsp_id'), day: text(row, 'day'), role: oneOf(row, 'role', roles) }
  return {
    key: { ...key, currency },
    received: whole(row, 'received'),
    committed: whole(row, 'committed'),
    amount: moneyOf({ amount: text(row, 'amount'), currency }),
    aborted: countsJson.decode(text(row, 'aborted')),
    took: {
      totalMs: whole(row, 'total_ms'),
      longestMs: whole(row, 'longest_ms'),
      within: countsJson.decode(text(row, 'within')),
    },
  }
}

const roles = ['payer', 'payee'] as const
