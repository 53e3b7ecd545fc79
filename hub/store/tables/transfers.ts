import { formatAmount, wireMoney } from '../../domain/money.ts'
import { partyKey } from '../../domain/party.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { TimelineEntry, TransferRecord } from '../../domain/transfer-record.ts'
import { transferLine, type TransferKey } from '../../domain/transfer.ts'
import type { LegEvent } from '../../events/event-stream.ts'
import { oneOf, text, textIfAny, whole, wholeIfAny } from '../columns.ts'
import { factsJson, orderJson } from '../row-json.ts'
import type { SqlRow, SqlValue } from '../sqlite.ts'
import type { SqlSession } from '../step-session.ts'
import type { Transfers } from '../store.ts'
import { addEvent } from './outbox-events.ts'

/** Transfers and their timelines as rows. What is searched by stands in columns of its own beside the JSON. */
export function createTransfers(sql: SqlSession, wakeEvents: () => void): Transfers {
  const write = async (entry: TimelineEntry, event: LegEvent): Promise<void> => {
    await sql.run(insertEntry, [...keyParams(event.key), ...entryParams(entry)])
    await addEvent(sql, event, wakeEvents)
  }
  return {
    insert: async (record) => (await sql.run(insertTransfer, insertParams(record))) === 1,
    find: async (key) => firstRecord(await sql.all(findTransfer, keyParams(key))),
    findByCorrelation: async (fspId, correlationId) =>
      firstRecord(await sql.all(findByCorrelation, [fspId, correlationId])),
    save: async (record, entry) => {
      const [row] = await sql.returning(saveTransfer, saveParams(record, entry ? 1 : 0))
      if (!row) throw new Error('a transfer that was never inserted cannot be saved')
      if (entry) await write(entry, eventOf(record, entry, whole(row, 'events')))
    },
    appendTimeline: async (key, entry) => {
      await write(entry, await nextEvent(sql, key, entry))
    },
    timeline: async (key) => (await sql.all(findEntries, keyParams(key))).map(entryOf),
    list: (query) => listTransfers(sql, query),
  }
}

const columns = `fsp_id, role, transfer_id, state, correlation_id, asked, facts, wait,
  created_at, updated_at, completed_at`

const insertTransfer = `INSERT INTO transfers (${columns},
  payer_fsp, payee_fsp, payer_identifier, payee_identifier, amount, currency)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`

const findTransfer = `SELECT ${columns} FROM transfers
  WHERE fsp_id = ? AND role = ? AND transfer_id = ?`

/** The client's own leg comes first: only its id was chosen by a client of this FSP ('payer' sorts after 'payee'). */
const findByCorrelation = `SELECT ${columns} FROM transfers
  WHERE fsp_id = ? AND correlation_id = ? ORDER BY role DESC, created_at, transfer_id LIMIT 1`

/** Two steps that write of one leg at once are in each other's way here, so events are born in the order of their numbers. */
const saveTransfer = `UPDATE transfers SET state = ?, facts = ?, wait = ?, updated_at = ?,
  completed_at = ?, payer_fsp = ?, payee_fsp = ?, events = events + ?
  WHERE fsp_id = ? AND role = ? AND transfer_id = ? RETURNING events`

const listOfRole = `SELECT ${columns} FROM transfers
  WHERE fsp_id = ? AND role = ? AND created_at < ? ORDER BY created_at DESC, transfer_id DESC LIMIT ?`

const insertEntry = `INSERT INTO timeline
  (fsp_id, role, transfer_id, at, step, party, direction, outcome, detail)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`

/** The same without a change of the leg; of its facts only the refusal is told, and most have none. */
const countEvent = `UPDATE transfers SET events = events + 1
  WHERE fsp_id = ? AND role = ? AND transfer_id = ?
  RETURNING events, state, correlation_id, payer_fsp, payee_fsp, amount, currency,
    CASE WHEN facts LIKE '%"refusal"%' THEN facts END AS facts`

const findEntries = `SELECT at, step, party, direction, outcome, detail FROM timeline
  WHERE fsp_id = ? AND role = ? AND transfer_id = ? ORDER BY id`

const listLimitMax = 10_000

async function listTransfers(
  sql: SqlSession,
  query: Parameters<Transfers['list']>[0],
): Promise<readonly TransferRecord[]> {
  const limit = Math.min(query.limit, listLimitMax)
  const records: TransferRecord[] = []
  for (const role of query.role ? [query.role] : roles) {
    const params = [query.fspId, role, query.before ?? Number.MAX_SAFE_INTEGER, limit]
    records.push(...(await sql.all(listOfRole, params)).map(recordOf))
  }
  return records.sort((a, b) => b.createdAt - a.createdAt).slice(0, limit)
}

/** The leg as it stands in its row, not as a caller may remember it. */
async function nextEvent(
  sql: SqlSession,
  key: TransferKey,
  entry: TimelineEntry,
): Promise<LegEvent> {
  const [row] = await sql.returning(countEvent, keyParams(key))
  if (row === undefined) throw new Error('a transfer that was never inserted has no timeline')
  const facts = textIfAny(row, 'facts')
  return legEvent(key, {
    sequence: whole(row, 'events'),
    entry,
    state: oneOf(row, 'state', states),
    amount: { amount: text(row, 'amount'), currency: text(row, 'currency') },
    correlationId: text(row, 'correlation_id'),
    otherFspId: textIfAny(row, key.role === 'payer' ? 'payee_fsp' : 'payer_fsp'),
    refusal: facts === undefined ? undefined : factsJson.decode(facts).refusal,
  })
}

/** The leg as it has just been saved. */
function eventOf(record: TransferRecord, entry: TimelineEntry, sequence: number): LegEvent {
  const { key, state, order, facts, correlationId } = record
  return legEvent(key, {
    sequence,
    entry,
    state,
    amount: wireMoney(order.amount),
    correlationId,
    otherFspId: otherFspOf(record),
    refusal: facts.refusal,
  })
}

function legEvent(
  key: TransferKey,
  { sequence, entry, state, amount, correlationId, otherFspId, refusal }: ToldOfLeg,
): LegEvent {
  return {
    id: `${transferLine(key)}:${String(sequence)}`,
    key,
    sequence,
    entry,
    state,
    amount,
    correlationId,
    ...(otherFspId === undefined ? {} : { otherFspId }),
    ...(refusal && { refusal: { reason: refusal.reason, errorCode: refusal.errorCode } }),
  }
}

type ToldOfLeg = Pick<LegEvent, 'sequence' | 'entry' | 'state' | 'amount' | 'correlationId'> & {
  readonly otherFspId: string | undefined
  readonly refusal: Refusal | undefined
}

function keyParams(key: TransferKey): readonly SqlValue[] {
  return [key.fspId, key.role, key.transferId]
}

function insertParams(record: TransferRecord): readonly SqlValue[] {
  const { order } = record
  return [
    ...keyParams(record.key),
    record.state,
    record.correlationId,
    orderJson.encode(order),
    factsJson.encode(record.facts),
    record.wait,
    record.createdAt,
    record.updatedAt,
    record.completedAt ?? null,
    ...fspParams(record),
    partyKey(order.payer),
    partyKey(order.payee),
    formatAmount(order.amount),
    order.amount.currency,
  ]
}

function saveParams(record: TransferRecord, events: 0 | 1): readonly SqlValue[] {
  return [
    record.state,
    factsJson.encode(record.facts),
    record.wait,
    record.updatedAt,
    record.completedAt ?? null,
    ...fspParams(record),
    events,
    ...keyParams(record.key),
  ]
}

/** The payer's FSP and the payee's, as far as they are known. */
function fspParams(record: TransferRecord): readonly SqlValue[] {
  const { fspId, role } = record.key
  const otherFspId = otherFspOf(record) ?? null
  return role === 'payer' ? [fspId, otherFspId] : [otherFspId, fspId]
}

function otherFspOf({ facts }: TransferRecord): string | undefined {
  return facts.otherFspId ?? facts.payee?.fspId
}

function entryParams(entry: TimelineEntry): readonly SqlValue[] {
  return [entry.at, entry.step, entry.party, entry.direction, entry.outcome, entry.detail]
}

function firstRecord(rows: readonly SqlRow[]): TransferRecord | undefined {
  const [row] = rows
  return row && recordOf(row)
}

function recordOf(row: SqlRow): TransferRecord {
  const completedAt = wholeIfAny(row, 'completed_at')
  return {
    key: keyOf(row),
    state: oneOf(row, 'state', states),
    correlationId: text(row, 'correlation_id'),
    order: orderJson.decode(text(row, 'asked')),
    facts: factsJson.decode(text(row, 'facts')),
    wait: whole(row, 'wait'),
    createdAt: whole(row, 'created_at'),
    updatedAt: whole(row, 'updated_at'),
    ...(completedAt === undefined ? {} : { completedAt }),
  }
}

/** The key columns of any row that belongs to a transfer. */
export function keyOf(row: SqlRow): TransferKey {
  return {
    fspId: text(row, 'fsp_id'),
    role: oneOf(row, 'role', roles),
    transferId: text(row, 'transfer_id'),
  }
}

function entryOf(row: SqlRow): TimelineEntry {
  return {
    at: whole(row, 'at'),
    step: text(row, 'step'),
    party: text(row, 'party'),
    direction: oneOf(row, 'direction', directions),
    outcome: oneOf(row, 'outcome', outcomes),
    detail: text(row, 'detail'),
  }
}

const roles = ['payer', 'payee'] as const
const directions = ['in', 'out', 'none'] as const
const outcomes = [
  'done',
  'refused',
  'unavailable',
  'unknown',
  'asked',
  'given',
  'waiting',
  'illegal',
] as const
const states = [
  'received',
  'quoted',
  'reserved',
  'unknown',
  'release-decided',
  'commit-decided',
  'booking-owed',
  'committed',
  'aborted',
] as const
