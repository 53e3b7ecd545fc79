import { amountOf } from '../ledger/money.ts'
import { unitsOfTransfer, type Transfer } from '../ledger/transfers.ts'
import type { SwitchParts } from '../parts.ts'
import { integerOf, unitsOf } from '../rows.ts'

/** One participant in one currency; decimal strings. */
export type ParticipantBooks = {
  readonly participant: string
  /** Positive: it owes the others. */
  readonly position: string
  /** Negative: funded. */
  readonly settlementBalance: string
  readonly netDebitCap: string
  /** As payer, RESERVED and not finished; part of the position. */
  readonly reserved: string
  /** What settlements have taken from the position so far; positive: it paid. */
  readonly settled: string
}

export type CurrencyBooks = {
  readonly currency: string
  readonly participants: readonly ParticipantBooks[]
  readonly sumOfPositions: string
  readonly sumReserved: string
}

export type SwitchBooks = {
  readonly currencies: readonly CurrencyBooks[]
  readonly transfers: readonly {
    readonly transferId: string
    readonly payerFsp: string
    readonly payeeFsp: string
    readonly amount: string
    readonly currency: string
    readonly state: Transfer['state']
    readonly errorCode?: string | undefined
    readonly completedTimestamp?: string | undefined
  }[]
}

/** All that the switch knows of the money, read at one moment. */
export function switchBooks(parts: SwitchParts): SwitchBooks {
  const transfers = parts.transfers.list()
  const positions = parts.accounts.list().filter(({ type }) => type === 'POSITION')
  const currencies = [...new Set(positions.map(({ currency }) => currency))].sort()
  return {
    currencies: currencies.map((currency) => currencyBooks(parts, currency, transfers)),
    transfers: transfers.map((transfer) => ({
      transferId: transfer.transferId,
      payerFsp: transfer.payerFsp,
      payeeFsp: transfer.payeeFsp,
      amount: transfer.amount,
      currency: transfer.currency,
      state: transfer.state,
      errorCode: transfer.errorCode,
      completedTimestamp: transfer.completedAt,
    })),
  }
}

function currencyBooks(
  parts: SwitchParts,
  currency: string,
  transfers: readonly Transfer[],
): CurrencyBooks {
  const text = (units: bigint): string => amountOf(units, currency)
  const settled = settledPerAccount(parts, currency)
  const reservedBy = (fsp: string | undefined): bigint =>
    transfers
      .filter((each) => each.state === 'RESERVED' && each.currency === currency)
      .filter((each) => fsp === undefined || each.payerFsp === fsp)
      .reduce((sum, each) => sum + unitsOfTransfer(each), 0n)
  const positions = parts.accounts
    .list()
    .filter((each) => each.type === 'POSITION' && each.currency === currency)
  return {
    currency,
    participants: positions.map(({ accountId, participant, balance }) => ({
      participant,
      position: text(balance),
      settlementBalance: text(
        parts.accounts.find(participant, currency, 'SETTLEMENT')?.balance ?? 0n,
      ),
      netDebitCap: text(parts.accounts.limit(participant, currency)?.value ?? 0n),
      reserved: text(reservedBy(participant)),
      settled: text(settled.get(accountId) ?? 0n),
    })),
    sumOfPositions: text(positions.reduce((sum, { balance }) => sum + balance, 0n)),
    sumReserved: text(reservedBy(undefined)),
  }
}

function settledPerAccount({ store }: SwitchParts, currency: string): Map<number, bigint> {
  const sums = new Map<number, bigint>()
  const rows = store.all(
    `SELECT c.account_id, c.change FROM balance_changes c JOIN accounts a ON a.account_id = c.account_id
     WHERE a.type = 'POSITION' AND a.currency = ? AND c.reason = 'settlement'`,
    currency,
  )
  for (const row of rows) {
    const accountId = integerOf(row, 'account_id')
    sums.set(accountId, (sums.get(accountId) ?? 0n) - unitsOf(row, 'change', currency))
  }
  return sums
}
