import type { Row, Store } from '../../store.ts'
import { integer, optionalInteger, text } from '../ledger/rows.ts'

/** An answer as it was given once and is given again: a JSON body, for `…/error` or not. */
export type Answer = { readonly body: string; readonly isError: boolean }

/** A quote that this bank was asked for as payee. What follows `condition` is only of one that was given. */
export type Quote = {
  readonly quoteId: string
  readonly payerFsp: string
  readonly hash: string
  readonly answer: Answer
  readonly terms?: Terms
}

/** What a given quote promises. */
export type Terms = {
  readonly condition: string
  readonly ilpPacket: string
  readonly accountId: string
  readonly minorUnits: bigint
  readonly currency: string
  readonly expiresAt: number
}

/** Where a transfer to this bank's customer stands: `owed` is committed by the scheme and not yet credited. */
const states = ['reserved', 'refused', 'owed', 'credited', 'dropped'] as const

export type ReceiptState = (typeof states)[number]

/** A transfer to this bank's customer, and the answer that was decided on, once. */
export type Receipt = {
  readonly transferId: string
  readonly payerFsp: string
  readonly hash: string
  readonly state: ReceiptState
  readonly answer: Answer
  readonly quoteId?: string
  readonly expiresAt: number
  /** The answer does not leave before this time: a fault. */
  readonly answerAt?: number
}

/** Quotes given and transfers answered as payee, durable when a call returns. */
export interface Receipts {
  quote(quoteId: string): Quote | undefined
  quoteOf(condition: string): Quote | undefined
  insertQuote(quote: Quote): void
  find(transferId: string): Receipt | undefined
  /** Whether a transfer was promised the fulfilment of this quote already. */
  isUsed(quoteId: string): boolean
  insert(receipt: Receipt): void
  move(transferId: string, state: ReceiptState): void
  /** All that have not ended, oldest first. */
  unfinished(): readonly Receipt[]
}

const schema = `
CREATE TABLE IF NOT EXISTS fspiop_quote (
  quote_id TEXT PRIMARY KEY,
  payer_fsp TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  answer TEXT NOT NULL,
  is_error INTEGER NOT NULL,
  condition TEXT UNIQUE,
  ilp_packet TEXT,
  account_id TEXT,
  amount INTEGER,
  currency TEXT,
  expires_at INTEGER
) STRICT;

CREATE TABLE IF NOT EXISTS fspiop_receipt (
  id INTEGER PRIMARY KEY,
  transfer_id TEXT NOT NULL UNIQUE,
  payer_fsp TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  state TEXT NOT NULL,
  answer TEXT NOT NULL,
  is_error INTEGER NOT NULL,
  quote_id TEXT UNIQUE REFERENCES fspiop_quote (quote_id),
  expires_at INTEGER NOT NULL,
  answer_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS fspiop_receipt_open ON fspiop_receipt (id)
  WHERE state IN ('reserved', 'owed');
`

/** The quotes and transfers in this store; their tables are made if they are not there. */
export function createReceipts(store: Store): Receipts {
  store.exec(schema)
  const oneQuote = (sql: string, value: string): Quote | undefined => {
    const [row] = store.all(sql, value)
    return row && quoteOf(row)
  }
  const select = (where: string, ...values: readonly string[]): readonly Receipt[] =>
    store.all(`SELECT * FROM fspiop_receipt WHERE ${where} ORDER BY id`, ...values).map(receiptOf)
  return {
    quote: (quoteId) => oneQuote('SELECT * FROM fspiop_quote WHERE quote_id = ?', quoteId),
    quoteOf: (condition) => oneQuote('SELECT * FROM fspiop_quote WHERE condition = ?', condition),
    insertQuote: (quote) => insertQuote(store, quote),
    find: (transferId) => select('transfer_id = ?', transferId)[0],
    isUsed: (quoteId) => select('quote_id = ?', quoteId).length > 0,
    insert: (receipt) => insertReceipt(store, receipt),
    move(transferId, state) {
      store.run('UPDATE fspiop_receipt SET state = ? WHERE transfer_id = ?', state, transferId)
    },
    unfinished: () => select("state IN ('reserved', 'owed')"),
  }
}

function insertQuote(store: Store, { terms, answer, ...quote }: Quote): void {
  store.run(
    `INSERT INTO fspiop_quote (quote_id, payer_fsp, request_hash, answer, is_error, condition,
       ilp_packet, account_id, amount, currency, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    quote.quoteId,
    quote.payerFsp,
    quote.hash,
    answer.body,
    answer.isError ? 1 : 0,
    ...(terms ? termsColumns(terms) : noTerms),
  )
}

const noTerms = [null, null, null, null, null, null] as const

function termsColumns(terms: Terms): readonly (string | bigint | number)[] {
  const { condition, ilpPacket, accountId, minorUnits, currency, expiresAt } = terms
  return [condition, ilpPacket, accountId, minorUnits, currency, expiresAt]
}

function insertReceipt(store: Store, receipt: Receipt): void {
  store.run(
    `INSERT INTO fspiop_receipt (transfer_id, payer_fsp, request_hash, state, answer, is_error,
       quote_id, expires_at, answer_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    receipt.transferId,
    receipt.payerFsp,
    receipt.hash,
    receipt.state,
    receipt.answer.body,
    receipt.answer.isError ? 1 : 0,
    receipt.quoteId ?? null,
    receipt.expiresAt,
    receipt.answerAt ?? null,
  )
}

function answerOf(row: Row): Answer {
  return { body: text(row, 'answer'), isError: integer(row, 'is_error') === 1n }
}

function quoteOf(row: Row): Quote {
  const quote = {
    quoteId: text(row, 'quote_id'),
    payerFsp: text(row, 'payer_fsp'),
    hash: text(row, 'request_hash'),
    answer: answerOf(row),
  }
  if (row['condition'] === null) return quote
  const terms = {
    condition: text(row, 'condition'),
    ilpPacket: text(row, 'ilp_packet'),
    accountId: text(row, 'account_id'),
    minorUnits: integer(row, 'amount'),
    currency: text(row, 'currency'),
    expiresAt: Number(integer(row, 'expires_at')),
  }
  return { ...quote, terms }
}

function receiptOf(row: Row): Receipt {
  const state = states.find((each) => each === row['state'])
  if (!state) throw new Error(`a receipt is in no known state: ${String(row['state'])}`)
  const answerAt = optionalInteger(row, 'answer_at')
  return {
    transferId: text(row, 'transfer_id'),
    payerFsp: text(row, 'payer_fsp'),
    hash: text(row, 'request_hash'),
    state,
    answer: answerOf(row),
    ...(row['quote_id'] === null ? {} : { quoteId: text(row, 'quote_id') }),
    expiresAt: Number(integer(row, 'expires_at')),
    ...(answerAt === undefined ? {} : { answerAt: Number(answerAt) }),
  }
}
