import type { Clock } from '../clock.ts'
import type { Money } from '../money.ts'
import type { SavingsAccount } from './ledger/accounts.ts'
import type { FeeOf } from './ledger/fees.ts'
import type { PaymentDetail, Savings, SavingsTransaction } from './ledger/savings.ts'
import type { TransferRecord, Transfers } from './ledger/transfers.ts'
import { refuse, type BankRefusal } from './refusal.ts'

/** One step of a transfer at this bank; `transferCode` is the same in all steps. */
export type Move = {
  readonly transferCode: string
  readonly accountId: string
  readonly amount: Money
  /** What the hold covers, in minor units of the amount's currency: amount + fee − commission. A payee's is the amount. */
  readonly total: bigint
  readonly note?: string
}

/** When the step was done, and the statement's line that it made. */
export type Done = { readonly at: string; readonly transactionId: bigint }

/** What the steps work with. */
export type Desk = {
  readonly clock: Clock
  readonly savings: Savings
  readonly transfers: Transfers
  readonly feeOf: FeeOf
}

/** The account that the move is about, and the transfer's row on it if there is one. */
export type Found = { readonly account: SavingsAccount; readonly record?: TransferRecord }

/** One of the four steps, in a transaction of the caller's; a no has written nothing. */
export type Step = (desk: Desk, move: Move, found: Found) => Done | BankRefusal

/** Fineract marks interop transactions by this routing code, and finds them again by it. */
const interopRoutingCode = 'INTEROPERATION'

/** The first payment type that is not cash; Fineract books interop transactions under it. */
const interopPaymentTypeId = 2n

/** What the customer can spend: her balance without what is held. */
export function available(account: SavingsAccount): bigint {
  return account.balance - account.held
}

/** PREPARE of a payer. */
export function holdFunds(desk: Desk, move: Move, { account, record }: Found): Done | BankRefusal {
  // Fineract looks at the balance first, so a repeat may be told of missing funds although its own hold is why.
  if (available(account) < move.total) return refuse('insufficient-funds', move.accountId)
  if (record) return refuse('held-before', move.accountId, move.transferCode)
  const at = timeOf(desk)
  const payment = paymentFor(move)
  const transactionId = desk.savings.hold({ account, amount: move.total, at, payment })
  desk.transfers.insertHold(account.id, move, transactionId)
  return { at, transactionId }
}

/** CREATE of a payer: it debits whether the hold is live or was released before. */
export function commitHold(desk: Desk, move: Move, { account, record }: Found): Done | BankRefusal {
  if (record?.bookedId !== undefined) {
    return refuse('booked-before', move.accountId, move.transferCode)
  }
  if (record?.total !== move.total) {
    return refuse('hold-missing', move.accountId, move.transferCode)
  }
  const amount = move.amount.minorUnits
  const fee = desk.feeOf(amount, account.currency)
  const spendable = available(account) + (record.released ? 0n : record.total)
  if (spendable < amount + fee) return refuse('insufficient-funds', move.accountId)
  const at = timeOf(desk)
  if (!record.released) desk.savings.release(holdOf(desk, record), at)
  const transactionId = desk.savings.move({
    ...bookingOf(move, at),
    account,
    kind: 'withdrawal',
    contra: { kind: 'settlement' },
  })
  if (fee > 0n) {
    desk.savings.move({
      account,
      kind: 'withdrawal-fee',
      amount: fee,
      contra: { kind: 'fees' },
      at,
      reference: referenceOf(move),
    })
  }
  desk.transfers.book(record.id, { amount, fee, bookedId: transactionId })
  return { at, transactionId }
}

/** RELEASE, of whatever total. */
export function releaseHold(desk: Desk, move: Move, { record }: Found): Done | BankRefusal {
  if (!record || record.released || record.bookedId !== undefined) {
    return refuse('hold-missing', move.accountId, move.transferCode)
  }
  const at = timeOf(desk)
  const transactionId = desk.savings.release(holdOf(desk, record), at)
  desk.transfers.markReleased(record.id)
  return { at, transactionId }
}

/** CREATE of a payee. */
export function creditFunds(
  desk: Desk,
  move: Move,
  { account, record }: Found,
): Done | BankRefusal {
  if (record) return refuse('booked-before', move.accountId, move.transferCode)
  const at = timeOf(desk)
  const transactionId = desk.savings.move({
    ...bookingOf(move, at),
    account,
    kind: 'deposit',
    contra: { kind: 'settlement' },
  })
  desk.transfers.insertCredit(account.id, move, transactionId)
  return { at, transactionId }
}

function bookingOf(
  move: Move,
  at: string,
): {
  readonly amount: bigint
  readonly at: string
  readonly reference: string
  readonly payment: PaymentDetail
  readonly note?: string
} {
  return {
    amount: move.amount.minorUnits,
    at,
    reference: referenceOf(move),
    payment: paymentFor(move),
    ...(move.note !== undefined && { note: move.note }),
  }
}

function referenceOf(move: Move): string {
  return `transfer ${move.transferCode}`
}

function paymentFor(move: Move): PaymentDetail {
  return {
    paymentTypeId: interopPaymentTypeId,
    routingCode: interopRoutingCode,
    receiptNumber: move.transferCode,
  }
}

function holdOf(desk: Desk, record: TransferRecord): SavingsTransaction {
  const hold = record.holdId === undefined ? undefined : desk.savings.find(record.holdId)
  if (!hold) throw new Error(`transfer ${record.transferCode} has lost its hold`)
  return hold
}

function timeOf(desk: Desk): string {
  return new Date(desk.clock.now()).toISOString()
}
