import type { Clock } from '../clock.ts'
import type { Money } from '../money.ts'
import type { Store } from '../store.ts'
import type { Accounts, Identifier, SavingsAccount } from './ledger/accounts.ts'
import type { FeeOf } from './ledger/fees.ts'
import type { Savings } from './ledger/savings.ts'
import { createTransfers, type Role, type TransferRecord } from './ledger/transfers.ts'
import { refuse, type BankRefusal } from './refusal.ts'
import { available, commitHold, creditFunds, holdFunds, releaseHold } from './steps.ts'
import type { Done, Move, Step } from './steps.ts'

/** What became of a transfer code on an account: `released` = held once, let go, never booked. */
export type Outcome = 'nothing' | 'held' | 'released' | 'booked'

/**
 * The bank without any wire: what its Fineract-shaped face and its FSPIOP face both stand on. All of it is synchronous
 * and durable when it returns; every no is a `BankRefusal` that changed nothing. It behaves as Fineract's core does,
 * the parts included that a client must fence against: `commit` debits after a `release`, and `hold` of a code that was
 * held before is refused even when that hold is long gone.
 */
export interface BankCore {
  /** The account that an identifier leads to. */
  findParty(key: Identifier): SavingsAccount | undefined
  /** The account itself, or that of the same client in another currency. */
  accountIn(currency: string, account: SavingsAccount): SavingsAccount | undefined
  /** What the payer pays on top; refused when her balance does not allow both. A payee pays nothing. */
  price(question: {
    readonly accountId: string
    readonly role: Role
    readonly amount: Money
  }): { readonly fee: Money } | BankRefusal
  /** Holds `total` on the payer's account. */
  hold(move: Move): Done | BankRefusal
  /** Ends the hold of exactly `total` and debits the amount and the bank's own fee. */
  commit(move: Move): Done | BankRefusal
  /** Ends a live hold, whatever its total. */
  release(move: Move): Done | BankRefusal
  /** Credits the payee's account. */
  credit(move: Move): Done | BankRefusal
  outcome(question: {
    readonly accountId: string
    readonly role: Role
    readonly transferCode: string
  }): Outcome
}

/** What a core is made of. */
export type CoreParts = {
  readonly store: Store
  readonly clock: Clock
  readonly accounts: Accounts
  readonly savings: Savings
  readonly feeOf: FeeOf
}

/** The core over the bank's tables. */
export function createCore(parts: CoreParts): BankCore {
  const { store, accounts, feeOf } = parts
  const transfers = createTransfers(store)
  const desk = { ...parts, transfers }
  const within = (move: Move, role: Role, step: Step): Done | BankRefusal =>
    store.transaction(() => {
      const account = usable(accounts, move)
      if ('refused' in account) return account
      const { transferCode } = move
      const record = transfers.find({ savingsId: account.id, role, transferCode })
      return step(desk, move, record ? { account, record } : { account })
    })
  return {
    findParty(key) {
      const found = accounts.identifier(key)
      return found && accounts.byId(found.savingsId)
    },
    accountIn: (currency, account) =>
      account.currency === currency
        ? account
        : accounts.ofClient(account.clientId).find((each) => each.currency === currency),
    price({ accountId, role, amount }) {
      const account = usable(accounts, { accountId, amount })
      if ('refused' in account) return account
      const fee = role === 'PAYER' ? feeOf(amount.minorUnits, amount.currency) : 0n
      if (role === 'PAYER' && available(account) < amount.minorUnits + fee) {
        return refuse('insufficient-funds', accountId)
      }
      return { fee: { minorUnits: fee, currency: amount.currency } }
    },
    hold: (move) => within(move, 'PAYER', holdFunds),
    commit: (move) => within(move, 'PAYER', commitHold),
    release: (move) => within(move, 'PAYER', releaseHold),
    credit: (move) => within(move, 'PAYEE', creditFunds),
    outcome({ accountId, role, transferCode }) {
      const account = accounts.byAccountId(accountId)
      const record = account && transfers.find({ savingsId: account.id, role, transferCode })
      return record ? outcomeOf(record) : 'nothing'
    },
  }
}

/** What a transfer's row says of it. */
export function outcomeOf(record: TransferRecord): Exclude<Outcome, 'nothing'> {
  if (record.bookedId !== undefined) return 'booked'
  return record.released ? 'released' : 'held'
}

/** Fineract checks in this order: is it there, is it this currency, may anything happen on it. */
function usable(
  accounts: Accounts,
  { accountId, amount }: Pick<Move, 'accountId' | 'amount'>,
): SavingsAccount | BankRefusal {
  const account = accounts.byAccountId(accountId)
  if (!account) return refuse('account-unknown', accountId)
  if (account.currency !== amount.currency) {
    return refuse('currency-differs', account.currency, amount.currency)
  }
  if (account.state === 'frozen') return refuse('account-frozen', accountId)
  if (account.state === 'closed') return refuse('account-closed', accountId)
  return account
}
