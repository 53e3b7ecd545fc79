import { decimalOf } from '../money.ts'
import type { Store } from '../store.ts'
import { outcomeOf, type Outcome } from './core.ts'
import type { Accounts, AccountState } from './ledger/accounts.ts'
import type { Ledger } from './ledger/ledger.ts'
import { integer } from './ledger/rows.ts'
import type { Savings } from './ledger/savings.ts'
import type { Role, TransferRecord, Transfers } from './ledger/transfers.ts'
import { available } from './steps.ts'

/**
 * Trial balance of one currency, as decimal strings: a debit positive, a credit negative. `customers` is what they can
 * spend and `held` what is held for them. `settlement` is minus the bank's position at the switch. `total` is "0.00".
 */
export type TrialBalance = {
  readonly customers: string
  readonly held: string
  readonly fees: string
  readonly suspense: string
  readonly loans: string
  readonly cash: string
  readonly settlement: string
  readonly total: string
}

/** One account as its owner sees it, amounts as decimal strings. */
export type CustomerAccount = {
  readonly accountId: string
  readonly currency: string
  readonly balance: string
  readonly held: string
  readonly available: string
  readonly state: AccountState
}

/** A customer and what she has here. */
export type CustomerBooks = {
  readonly name: string
  readonly msisdn: string
  readonly accounts: readonly CustomerAccount[]
}

/**
 * One leg of an interop transfer. Before it is COMMITTED, `fee` is what was held for it; after, what was charged.
 * `debitedAfterRelease`: a CREATE came after a RELEASE, which Fineract obeys. `reversed`: a teller undid the booking.
 */
export type TransferBooks = {
  readonly transferCode: string
  readonly role: Role
  readonly state: 'HELD' | 'RELEASED' | 'COMMITTED'
  readonly amount: string
  readonly fee: string
  /** What is on hold for it now. */
  readonly held: string
  readonly currency: string
  readonly accountId: string
  readonly debitedAfterRelease?: true
  readonly reversed?: true
}

/** What `GET /lab/books` answers. `settled` is the sum of the settlements booked so far, paid to the bank positive. */
export type BankBooks = {
  readonly bank: string
  readonly currencies: Readonly<Record<string, TrialBalance>>
  readonly settled: Readonly<Record<string, string>>
  readonly customers: readonly CustomerBooks[]
  readonly transfers: readonly TransferBooks[]
}

/** What the books are read from. */
export type BooksParts = {
  readonly name: string
  readonly currencies: readonly string[]
  readonly store: Store
  readonly accounts: Accounts
  readonly ledger: Ledger
  readonly savings: Savings
  readonly transfers: Transfers
}

/** Reads the whole books at one moment. Its time grows with the number of transfers. */
export function readBooks(parts: BooksParts): BankBooks {
  return parts.store.transaction(() => ({
    bank: parts.name,
    currencies: Object.fromEntries(
      parts.currencies.map((currency) => [currency, trialBalance(parts, currency)]),
    ),
    settled: Object.fromEntries(
      parts.currencies.map((currency) => [currency, settled(parts.store, currency)]),
    ),
    customers: readCustomers(parts.accounts),
    transfers: parts.transfers.all().map((record) => transferBooks(parts, record)),
  }))
}

/** All customers with their accounts, in the order in which they joined. */
export function readCustomers(accounts: Accounts): readonly CustomerBooks[] {
  return accounts.clients().map((client) => ({
    name: `${client.firstName} ${client.lastName}`,
    msisdn: client.msisdn,
    accounts: accounts.ofClient(client.id).map((account) => ({
      accountId: account.accountId,
      currency: account.currency,
      balance: decimalOf(account.balance, account.currency),
      held: decimalOf(account.held, account.currency),
      available: decimalOf(available(account), account.currency),
      state: account.state,
    })),
  }))
}

function trialBalance({ store, ledger }: BooksParts, currency: string): TrialBalance {
  // Customers come from their own accounts and not from the control account, so that a drift between the two shows.
  const sql =
    'SELECT coalesce(sum(balance), 0) AS balance, coalesce(sum(held), 0) AS held FROM savings WHERE currency = ?'
  const [row] = store.all(sql, currency)
  if (!row) throw new Error('a sum without a row')
  const held = integer(row, 'held')
  const lines = {
    customers: held - integer(row, 'balance'),
    held: -held,
    fees: ledger.balance('fees', currency),
    suspense: ledger.balance('suspense', currency),
    loans: ledger.balance('loans', currency),
    cash: ledger.balance('cash', currency),
    settlement: ledger.balance('settlement', currency),
  }
  const total = Object.values(lines).reduce((sum, line) => sum + line, 0n)
  const decimal = (units: bigint): string => decimalOf(units, currency)
  return {
    customers: decimal(lines.customers),
    held: decimal(lines.held),
    fees: decimal(lines.fees),
    suspense: decimal(lines.suspense),
    loans: decimal(lines.loans),
    cash: decimal(lines.cash),
    settlement: decimal(lines.settlement),
    total: decimal(total),
  }
}

function settled(store: Store, currency: string): string {
  const sql = 'SELECT coalesce(sum(amount), 0) AS amount FROM settlement WHERE currency = ?'
  const [row] = store.all(sql, currency)
  return decimalOf(row ? integer(row, 'amount') : 0n, currency)
}

const states: Readonly<Record<Exclude<Outcome, 'nothing'>, TransferBooks['state']>> = {
  held: 'HELD',
  released: 'RELEASED',
  booked: 'COMMITTED',
}

function transferBooks({ store, accounts }: BooksParts, record: TransferRecord): TransferBooks {
  const account = accounts.byId(record.savingsId)
  if (!account) throw new Error(`transfer ${record.transferCode} has lost its account`)
  const { currency, accountId } = account
  const outcome = outcomeOf(record)
  return {
    transferCode: record.transferCode,
    role: record.role,
    state: states[outcome],
    amount: decimalOf(record.amount, currency),
    fee: decimalOf(record.fee, currency),
    held: decimalOf(outcome === 'held' ? record.total : 0n, currency),
    currency,
    accountId,
    ...(isReversed(store, record.bookedId) && { reversed: true }),
    ...(record.released && record.bookedId !== undefined && { debitedAfterRelease: true }),
  }
}

function isReversed(store: Store, transactionId: bigint | undefined): boolean {
  if (transactionId === undefined) return false
  const sql = 'SELECT id FROM savings_transaction WHERE id = ? AND reversed = 1'
  return store.all(sql, transactionId).length > 0
}
