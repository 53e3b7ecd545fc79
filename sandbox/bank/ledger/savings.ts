import type { Row, Store } from '../../store.ts'
import type { SavingsAccount } from './accounts.ts'
import type { Ledger, Leg } from './ledger.ts'
import { integer, optionalInteger, optionalText, text } from './rows.ts'

/** What a line of a statement can be. */
export type TransactionKind = 'deposit' | 'withdrawal' | 'withdrawal-fee' | 'hold' | 'release'

/** How a payment came in; the receipt number of an interop transaction is its transfer code. */
export type PaymentDetail = {
  readonly paymentTypeId: bigint
  readonly routingCode?: string
  readonly receiptNumber?: string
}

/** One line of a customer's statement. Holds and releases move no money and have no journal entry. */
export type SavingsTransaction = {
  readonly id: bigint
  readonly savingsId: bigint
  readonly kind: TransactionKind
  readonly amount: bigint
  /** Balance after a movement of money; available balance after a hold or a release. */
  readonly runningBalance: bigint
  readonly at: string
  readonly payment?: PaymentDetail
  readonly note?: string
  /** Of a hold: the transaction that ended it. */
  readonly releaseId?: bigint
  readonly journalId?: bigint
  readonly reversed: boolean
}

/** Where the money of a movement comes from or goes to. */
export type Contra =
  | { readonly kind: 'cash' | 'settlement' | 'fees' }
  | { readonly kind: 'customers'; readonly savingsId: bigint }

/** Money in or out of an account; `amount` is above zero, the kind gives the direction. */
export type Movement = {
  readonly account: SavingsAccount
  readonly kind: 'deposit' | 'withdrawal' | 'withdrawal-fee'
  readonly amount: bigint
  readonly contra: Contra
  readonly at: string
  readonly reference: string
  readonly payment?: PaymentDetail
  readonly note?: string
}

/** Statements of the customers' accounts. Callers check states and balances first, and wrap a step in a transaction. */
export interface Savings {
  find(id: bigint): SavingsTransaction | undefined
  /** Newest first. */
  ofAccount(savingsId: bigint): readonly SavingsTransaction[]
  /** The statement lines of one journal entry: two for a transfer within the bank. */
  linesOf(journalId: bigint): readonly SavingsTransaction[]
  /** Books one leg of money in or out of the account, with its journal entry; returns the transaction's number. */
  move(movement: Movement): bigint
  /** Adds the other customer's line to a journal entry that exists already (a transfer within the bank). */
  mirror(movement: Movement, journalId: bigint): bigint
  hold(hold: Pick<Movement, 'account' | 'amount' | 'at' | 'payment' | 'note'>): bigint
  release(hold: SavingsTransaction, at: string): bigint
  /** Undoes the money of a transaction and marks it. */
  undo(transaction: SavingsTransaction, at: string): void
}

/** The statements in this store, over its ledger. */
export function createSavings(store: Store, ledger: Ledger): Savings {
  return {
    find(id) {
      const [row] = store.all('SELECT * FROM savings_transaction WHERE id = ?', id)
      return row && transactionOf(row)
    },
    ofAccount: (savingsId) =>
      store
        .all('SELECT * FROM savings_transaction WHERE savings_id = ? ORDER BY id DESC', savingsId)
        .map(transactionOf),
    linesOf: (journalId) =>
      store
        .all('SELECT * FROM savings_transaction WHERE journal_id = ? ORDER BY id', journalId)
        .map(transactionOf),
    move(movement) {
      const journalId = ledger.post({
        at: movement.at,
        currency: movement.account.currency,
        reference: movement.reference,
        legs: legsOf(movement),
      })
      return insert(store, { ...movement, savingsId: movement.account.id, journalId })
    },
    mirror: (movement, journalId) =>
      insert(store, { ...movement, savingsId: movement.account.id, journalId }),
    hold(hold) {
      store.run('UPDATE savings SET held = held + ? WHERE id = ?', hold.amount, hold.account.id)
      return insert(store, { ...hold, kind: 'hold', savingsId: hold.account.id })
    },
    release(hold, at) {
      store.run('UPDATE savings SET held = held - ? WHERE id = ?', hold.amount, hold.savingsId)
      const { savingsId, amount, payment } = hold
      const id = insert(store, {
        kind: 'release',
        savingsId,
        amount,
        at,
        ...(payment && { payment }),
      })
      store.run('UPDATE savings_transaction SET release_id = ? WHERE id = ?', id, hold.id)
      return id
    },
    undo(transaction, at) {
      if (transaction.journalId === undefined) throw new Error('nothing to undo')
      ledger.reverse(transaction.journalId, at)
      const sql = 'UPDATE savings_transaction SET reversed = 1 WHERE journal_id = ?'
      store.run(sql, transaction.journalId)
    },
  }
}

function legsOf(movement: Movement): readonly Leg[] {
  const { account, amount, contra, kind } = movement
  const intoAccount = kind === 'deposit' ? -amount : amount
  return [
    { kind: 'customers', savingsId: account.id, amount: intoAccount },
    { ...contra, amount: -intoAccount },
  ]
}

type Line = Pick<Movement, 'amount' | 'at' | 'payment' | 'note'> & {
  readonly savingsId: bigint
  readonly kind: TransactionKind
  readonly journalId?: bigint
}

function insert(store: Store, line: Line): bigint {
  const running = line.kind === 'hold' || line.kind === 'release' ? 'balance - held' : 'balance'
  return store.insert(
    `INSERT INTO savings_transaction
       (savings_id, kind, amount, running_balance, at, journal_id,
        payment_type_id, routing_code, receipt_number, note)
     VALUES (?, ?, ?, (SELECT ${running} FROM savings WHERE id = ?), ?, ?, ?, ?, ?, ?)`,
    line.savingsId,
    line.kind,
    line.amount,
    line.savingsId,
    line.at,
    line.journalId ?? null,
    ...paymentColumns(line.payment),
    line.note ?? null,
  )
}

function paymentColumns(payment: PaymentDetail | undefined): readonly (bigint | string | null)[] {
  if (!payment) return [null, null, null]
  return [payment.paymentTypeId, payment.routingCode ?? null, payment.receiptNumber ?? null]
}

const kinds: readonly TransactionKind[] = [
  'deposit',
  'withdrawal',
  'withdrawal-fee',
  'hold',
  'release',
]

function transactionOf(row: Row): SavingsTransaction {
  const kind = kinds.find((each) => each === row['kind'])
  if (!kind) throw new Error(`no kind of transaction: ${String(row['kind'])}`)
  const payment = paymentOf(row)
  const note = optionalText(row, 'note')
  const releaseId = optionalInteger(row, 'release_id')
  const journalId = optionalInteger(row, 'journal_id')
  return {
    id: integer(row, 'id'),
    savingsId: integer(row, 'savings_id'),
    kind,
    amount: integer(row, 'amount'),
    runningBalance: integer(row, 'running_balance'),
    at: text(row, 'at'),
    reversed: integer(row, 'reversed') === 1n,
    ...(payment && { payment }),
    ...(note !== undefined && { note }),
    ...(releaseId !== undefined && { releaseId }),
    ...(journalId !== undefined && { journalId }),
  }
}

function paymentOf(row: Row): PaymentDetail | undefined {
  const paymentTypeId = optionalInteger(row, 'payment_type_id')
  if (paymentTypeId === undefined) return undefined
  const routingCode = optionalText(row, 'routing_code')
  const receiptNumber = optionalText(row, 'receipt_number')
  return {
    paymentTypeId,
    ...(routingCode !== undefined && { routingCode }),
    ...(receiptNumber !== undefined && { receiptNumber }),
  }
}
