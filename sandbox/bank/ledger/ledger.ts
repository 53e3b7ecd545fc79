import type { Row, Store } from '../../store.ts'
import { integer, text } from './rows.ts'

/** The bank's own accounts. Every movement touches at least two; `customers` stands for all savings together. */
export const glKinds = ['customers', 'fees', 'suspense', 'loans', 'cash', 'settlement'] as const

/** One of the bank's own accounts. */
export type GlKind = (typeof glKinds)[number]

/** One line of a journal entry, in minor units: a debit is positive, a credit negative. */
export type Leg = { readonly amount: bigint } & (
  | { readonly kind: 'customers'; readonly savingsId: bigint }
  | { readonly kind: Exclude<GlKind, 'customers'> }
)

/** A balanced entry: its legs add up to zero. `reference` says why, for a person. */
export type Entry = {
  readonly at: string
  readonly currency: string
  readonly reference: string
  readonly legs: readonly Leg[]
}

/**
 * Double-entry books in the bank's store. It keeps the sums, and refuses by throwing what can only be a defect: an entry
 * that does not balance, or a customer below zero. The callers check first and refuse in words. Call it in a transaction.
 */
export interface Ledger {
  /** Books an entry and moves every balance it touches; returns its number. */
  post(entry: Entry): bigint
  /** Books the opposite of an entry; returns the new one's number. */
  reverse(journalId: bigint, at: string): bigint
  /** An entry, and whether another one reverses it. */
  find(journalId: bigint): (Entry & { readonly reversed: boolean }) | undefined
  /** Debit-positive balance of one of the bank's accounts. */
  balance(kind: GlKind, currency: string): bigint
}

/** The ledger that lives in this store. */
export function createLedger(store: Store): Ledger {
  const write = (entry: Entry, reverses: bigint | null): bigint => {
    assertBalanced(entry)
    const journalId = store.insert(
      'INSERT INTO journal (at, currency, reference, reverses) VALUES (?, ?, ?, ?)',
      entry.at,
      entry.currency,
      entry.reference,
      reverses,
    )
    for (const [line, leg] of entry.legs.entries())
      writeLeg(store, entry.currency, { journalId, line, leg })
    return journalId
  }
  const find: Ledger['find'] = (journalId) => {
    const [journal] = store.all('SELECT * FROM journal WHERE id = ?', journalId)
    if (!journal) return undefined
    const sql = 'SELECT * FROM posting WHERE journal_id = ? ORDER BY line'
    const reversals = store.all('SELECT id FROM journal WHERE reverses = ?', journalId)
    return {
      at: text(journal, 'at'),
      currency: text(journal, 'currency'),
      reference: text(journal, 'reference'),
      legs: store.all(sql, journalId).map(legOf),
      reversed: reversals.length > 0,
    }
  }
  return {
    post: (entry) => write(entry, null),
    find,
    reverse(journalId, at) {
      const entry = find(journalId)
      if (!entry) throw new Error(`no journal entry ${String(journalId)}`)
      const legs = entry.legs.map((leg) => ({ ...leg, amount: -leg.amount }))
      const { currency, reference } = entry
      return write({ at, currency, reference: `reversal of ${reference}`, legs }, journalId)
    },
    balance(kind, currency) {
      const sql = 'SELECT balance FROM gl_balance WHERE kind = ? AND currency = ?'
      const [row] = store.all(sql, kind, currency)
      return row ? integer(row, 'balance') : 0n
    },
  }
}

function assertBalanced(entry: Entry): void {
  const sum = entry.legs.reduce((total, leg) => total + leg.amount, 0n)
  if (sum !== 0n || entry.legs.length < 2) {
    throw new Error(`an entry that does not balance: ${entry.reference}`)
  }
}

function writeLeg(
  store: Store,
  currency: string,
  {
    journalId,
    line,
    leg,
  }: { readonly journalId: bigint; readonly line: number; readonly leg: Leg },
): void {
  const savingsId = leg.kind === 'customers' ? leg.savingsId : null
  store.run(
    'INSERT INTO posting (journal_id, line, kind, savings_id, amount) VALUES (?, ?, ?, ?, ?)',
    journalId,
    line,
    leg.kind,
    savingsId,
    leg.amount,
  )
  store.run(
    'INSERT INTO gl_balance (kind, currency, balance) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET balance = balance + excluded.balance',
    leg.kind,
    currency,
    leg.amount,
  )
  if (savingsId === null) return
  const sql = 'UPDATE savings SET balance = balance - ? WHERE id = ? AND currency = ?'
  const changed = store.run(sql, leg.amount, savingsId, currency)
  if (changed !== 1) throw new Error(`no ${currency} account ${String(savingsId)}`)
}

function legOf(posting: Row): Leg {
  const kind = glKinds.find((each) => each === posting['kind'])
  if (!kind) throw new Error(`no account ${String(posting['kind'])}`)
  const amount = integer(posting, 'amount')
  if (kind !== 'customers') return { kind, amount }
  return { kind, savingsId: integer(posting, 'savings_id'), amount }
}
