import { decimalOf } from '../money.ts'
import type { BankBooks, BookLine, BooksFacts, Ledger } from './facts.ts'

/** Each bank's accounts add up to zero, and its customers' accounts to what its ledger says it owes them. */
export function ledgerLines({ banks, bookless }: BooksFacts): readonly BookLine[] {
  const lines = banks.flatMap((bank) =>
    bank.ledgers.flatMap((ledger) => [trialLine(bank, ledger), customersLine(bank, ledger)]),
  )
  return [...lines, ...bookless.map(booklessLine)]
}

/** At rest nothing is held, but for what a core owes. */
export function heldLines({ banks, hub }: BooksFacts): readonly BookLine[] {
  const owed = new Set(hub.legs.filter(({ isOwed }) => isOwed).map(({ transferId }) => transferId))
  return banks.flatMap((bank) =>
    bank.ledgers.map(({ currency }) => {
      const own = bank.customers.filter((account) => account.currency === currency)
      const held = own.reduce((sum, account) => sum + account.held, 0n)
      const holds = bank.transfers.filter(
        (transfer) => transfer.currency === currency && transfer.outcome === 'held',
      )
      const allowed = holds
        .filter(({ transferId }) => owed.has(transferId))
        .reduce((sum, transfer) => sum + transfer.amount + transfer.fee, 0n)
      const note = noteOfIds(holds.map(({ transferId }) => transferId))
      const amounts = { currency, says: held, expected: allowed, ...note }
      return { ...amountLine('held', `${bank.bank} ${currency}`, amounts), group: everyBank }
    }),
  )
}

/** What stands in suspense is what people decided to put there, transfer by transfer. */
export function suspenseLines({ banks, hub }: BooksFacts): readonly BookLine[] {
  return banks.flatMap(({ bank, ledgers }) =>
    ledgers.map(({ currency, accounts }) => {
      const legs = hub.legs.filter(
        (leg) => leg.fspId === bank && leg.currency === currency && leg.isInSuspense,
      )
      // A payer's bank has paid for her and waits for the money (a debit); a payee's holds what is hers (a credit).
      const expected = legs.reduce(
        (sum, { role, amount }) => sum + (role === 'payer' ? amount : -amount),
        0n,
      )
      const note = noteOfIds(legs.map(({ transferId }) => transferId))
      const amounts = { currency, says: accounts['suspense'] ?? 0n, expected, ...note }
      return { ...amountLine('suspense', `${bank} ${currency}`, amounts), group: everyBank }
    }),
  )
}

const everyBank = 'every bank, in each of its currencies'

type Amounts = {
  readonly currency: string
  readonly says: bigint
  readonly expected: bigint
  readonly note?: string
}

/** A line about one sum of money. */
export function amountLine(
  section: BookLine['section'],
  subject: string,
  { currency, says, expected, note }: Amounts,
): BookLine {
  return {
    section,
    subject,
    group: subject,
    says: decimalOf(says, currency),
    expected: decimalOf(expected, currency),
    isRight: says === expected,
    ...(note === undefined ? {} : { note }),
  }
}

const idsShownMax = 5

/** Names transfers in a note, the first few of many. */
export function noteOfIds(ids: readonly string[]): { readonly note?: string } {
  if (ids.length === 0) return {}
  const more = ids.length > idsShownMax ? ` and ${ids.length - idsShownMax} more` : ''
  return { note: `transfer ${ids.slice(0, idsShownMax).join(', ')}${more}` }
}

function booklessLine(bank: string): BookLine {
  const words = { says: 'keeps no books for the lab', expected: 'not asked' }
  return { section: 'ledger', subject: bank, group: bank, ...words, isRight: true }
}

function trialLine({ bank }: BankBooks, { currency, accounts }: Ledger): BookLine {
  const kinds = Object.entries(accounts).filter(([, units]) => units !== 0n)
  return amountLine('ledger', `${bank} ${currency}`, {
    currency,
    says: kinds.reduce((sum, [, units]) => sum + units, 0n),
    expected: 0n,
    note: kinds.map(([kind, units]) => `${kind} ${decimalOf(units, currency)}`).join(', '),
  })
}

function customersLine(bank: BankBooks, { currency, accounts }: Ledger): BookLine {
  const own = bank.customers.filter((account) => account.currency === currency)
  return amountLine('ledger', `${bank.bank} ${currency} customers`, {
    currency,
    says: own.reduce((sum, account) => sum + account.balance, 0n),
    // Credits are negative in the ledger; held money stands in an account of its own where a bank keeps one.
    expected: -((accounts['customers'] ?? 0n) + (accounts['held'] ?? 0n)),
  })
}
