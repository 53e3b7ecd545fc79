import { z } from 'zod'
import type { Row, Store } from '../../store.ts'
import { text } from '../ledger/rows.ts'
import { partyPath, wireMoneySchema, type PartyId } from '../fspiop/wire.ts'

/** Where a payment of this bank's customer stands. The last two are final. */
const states = [
  'looking',
  'quoting',
  'reserved',
  'commit-decided',
  'release-decided',
  'committed',
  'aborted',
] as const

export type PaymentState = (typeof states)[number]

const partyIdSchema = z.object({
  type: z.string(),
  id: z.string(),
  subId: z.string().exactOptional(),
})

const orderSchema = z.object({
  clientRefId: z.string().exactOptional(),
  payer: partyIdSchema,
  payee: partyIdSchema,
  amountType: z.enum(['SEND', 'RECEIVE']),
  /** Decimal string, as FSPIOP writes it. */
  amount: wireMoneySchema,
  transactionType: z.object({
    scenario: z.string(),
    initiator: z.string(),
    initiatorType: z.string(),
  }),
  note: z.string().exactOptional(),
})

/** What a client asked for. */
export type Order = z.infer<typeof orderSchema>

const whySchema = z.object({
  reason: z.string(),
  errorCode: z.string(),
  errorDescription: z.string(),
})

const factsSchema = z.object({
  order: orderSchema,
  /** Milliseconds since 1970, as all times here. */
  createdAt: z.int(),
  completedAt: z.int().exactOptional(),
  accountId: z.string().exactOptional(),
  payeeFsp: z.string().exactOptional(),
  quote: z.object({ quoteId: z.string(), expiresAt: z.int(), body: z.string() }).exactOptional(),
  /** What was sent as POST /transfers, and is sent again byte for byte; the hold covers amount and fee. */
  prepare: z
    .object({
      body: z.string(),
      condition: z.string(),
      expiresAt: z.int(),
      fee: wireMoneySchema,
    })
    .exactOptional(),
  /** What an error callback said: the reason if it turns out ABORTED, and no outcome until then. */
  hint: whySchema.exactOptional(),
  why: whySchema.exactOptional(),
  timeline: z.array(
    z.object({ at: z.int(), step: z.string(), outcome: z.string(), detail: z.string() }),
  ),
})

export type PaymentFacts = z.infer<typeof factsSchema>

/** A payment and all that is known of it. */
export type Payment = {
  readonly transferId: string
  readonly state: PaymentState
  readonly facts: PaymentFacts
}

/** What came in under a client's own id: the same again is answered as the first time. */
export type Correlation = { readonly id: string; readonly hash: string }

/** The payments of this bank's customers through the switch, durable when a call returns. */
export interface Payments {
  find(transferId: string): Payment | undefined
  findByQuote(quoteId: string): Payment | undefined
  /** Those that wait for the directory to name this party's FSP. */
  lookingFor(party: PartyId): readonly Payment[]
  findByCorrelation(id: string): { readonly transferId: string; readonly hash: string } | undefined
  /** All that have not ended, oldest first. */
  unfinished(): readonly Payment[]
  insert(payment: Payment, correlation: Correlation | undefined): void
  update(payment: Payment): void
}

const schema = `
CREATE TABLE IF NOT EXISTS fspiop_payment (
  id INTEGER PRIMARY KEY,
  transfer_id TEXT NOT NULL UNIQUE,
  correlation_id TEXT UNIQUE,
  request_hash TEXT,
  state TEXT NOT NULL,
  payee TEXT NOT NULL,
  quote_id TEXT UNIQUE,
  facts TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS fspiop_payment_open ON fspiop_payment (id)
  WHERE state NOT IN ('committed', 'aborted');
`

/** The payments in this store; their table is made if it is not there. */
export function createPayments(store: Store): Payments {
  store.exec(schema)
  const open = "state NOT IN ('committed', 'aborted')"
  const select = (where: string, ...values: readonly string[]): readonly Payment[] =>
    store.all(`SELECT * FROM fspiop_payment WHERE ${where} ORDER BY id`, ...values).map(paymentOf)
  return {
    find: (transferId) => select('transfer_id = ?', transferId)[0],
    findByQuote: (quoteId) => select('quote_id = ?', quoteId)[0],
    lookingFor: (party) => select(`${open} AND state = 'looking' AND payee = ?`, partyPath(party)),
    unfinished: () => select(open),
    findByCorrelation(id) {
      const sql = 'SELECT transfer_id, request_hash FROM fspiop_payment WHERE correlation_id = ?'
      const [row] = store.all(sql, id)
      return row && { transferId: text(row, 'transfer_id'), hash: text(row, 'request_hash') }
    },
    insert({ transferId, state, facts }, correlation) {
      store.run(
        `INSERT INTO fspiop_payment (transfer_id, correlation_id, request_hash, state, payee, facts)
         VALUES (?, ?, ?, ?, ?, ?)`,
        transferId,
        correlation?.id ?? null,
        correlation?.hash ?? null,
        state,
        partyPath(facts.order.payee),
        JSON.stringify(facts),
      )
    },
    update({ transferId, state, facts }) {
      store.run(
        'UPDATE fspiop_payment SET state = ?, quote_id = ?, facts = ? WHERE transfer_id = ?',
        state,
        facts.quote?.quoteId ?? null,
        JSON.stringify(facts),
        transferId,
      )
    },
  }
}

function paymentOf(row: Row): Payment {
  const state = states.find((each) => each === row['state'])
  if (!state) throw new Error(`a payment is in no known state: ${String(row['state'])}`)
  const facts = factsSchema.parse(JSON.parse(text(row, 'facts')))
  return { transferId: text(row, 'transfer_id'), state, facts }
}
