import type { Money } from '../../money.ts'
import { ownWhy, payeeNo, payerNo, whyOf, type Why } from '../fspiop/reasons.ts'
import {
  dateTimeOf,
  fspiopError,
  moneyOf,
  wireMoneyOf,
  type PartyTold,
  type QuoteAnswer,
} from '../fspiop/wire.ts'
import type { SavingsAccount } from '../ledger/accounts.ts'
import { isRefused } from '../refusal.ts'
import type { Move } from '../steps.ts'
import type { DirectParts } from './parts.ts'
import type { Order, Payment, PaymentFacts, PaymentState } from './payments.ts'

/** What a step adds to a payment, and the line of its timeline. */
type Step = Partial<PaymentFacts> & {
  readonly line: readonly [step: string, outcome: string, detail?: string]
}

/** Moves a payment on, durably, and returns it as it is now. */
function movePayment(
  { payments, clock }: DirectParts,
  { transferId, facts }: Payment,
  { state, ...more }: Step & { readonly state: PaymentState },
): Payment {
  const { line, ...added } = more
  const [step, outcome, detail = ''] = line
  const timeline = [...facts.timeline, { at: clock.now(), step, outcome, detail }]
  const moved = { transferId, state, facts: { ...facts, ...added, timeline } }
  payments.update(moved)
  return moved
}

/** Ends a payment for which nothing is held. */
export function abortPayment(parts: DirectParts, payment: Payment, why: Why): void {
  const line = ['abort-transfer', 'refused', why.errorDescription] as const
  movePayment(parts, payment, { state: 'aborted', why, completedAt: parts.clock.now(), line })
}

/** The payer's account for an order and what she pays on top, or why she cannot pay it. */
export function admitPayer(
  { core }: DirectParts,
  { payer, amount: asked }: Order,
): { readonly account: SavingsAccount; readonly fee: Money } | Why {
  const key = { idType: payer.type, idValue: payer.id, subId: payer.subId ?? '' }
  const first = core.findParty(key)
  if (!first) return ownWhy('payer-not-found', '3204', 'the payer is not known here')
  const account = core.accountIn(asked.currency, first)
  const amount = moneyOf(asked)
  if (!account || !amount) {
    return ownWhy('payer-currency-not-held', '4000', `the payer holds no ${asked.currency}`)
  }
  const priced = core.price({ accountId: account.accountId, role: 'PAYER', amount })
  return isRefused(priced) ? payerNo(priced) : { account, fee: priced.fee }
}

/** The payee was found: what is asked of her FSP, and asked again, is written down. */
export function openQuote(
  parts: DirectParts,
  payment: Payment,
  payee: { readonly fspId: string; readonly party: PartyTold },
): void {
  const { order } = payment.facts
  const { config, clock } = parts
  const quoteId = clock.uuid()
  const expiresAt = clock.now() + config.times.quoteMs
  const { type, id, subId } = order.payer
  const body = JSON.stringify({
    quoteId,
    transactionId: payment.transferId,
    payer: {
      partyIdInfo: {
        partyIdType: type,
        partyIdentifier: id,
        partySubIdOrType: subId,
        fspId: config.fspId,
      },
    },
    payee: { partyIdInfo: { ...payee.party.partyIdInfo, fspId: payee.fspId } },
    amountType: order.amountType,
    amount: order.amount,
    transactionType: order.transactionType,
    note: order.note,
    expiration: dateTimeOf(expiresAt),
  })
  const line = ['find-payee', 'done', `at ${payee.fspId}`] as const
  const quote = { quoteId, expiresAt, body }
  movePayment(parts, payment, { state: 'quoting', payeeFsp: payee.fspId, quote, line })
}

/** Holds the payer's money and writes down the transfer that is sent for it, in one transaction; or ends the payment. */
export function reserveFunds(parts: DirectParts, payment: Payment, quote: QuoteAnswer): void {
  const { store, core, clock, config, faults } = parts
  const admitted = admitPayer(parts, payment.facts.order)
  if ('reason' in admitted) {
    abortPayment(parts, payment, admitted)
    return
  }
  const { fee, account } = admitted
  const { accountId } = account
  const expiresAt = clock.now() + config.times.transferMs
  const isOther = faults.take('post-transfers', 'other-amount') !== undefined
  const { ilpPacket, condition, transferAmount } = quote
  const body = JSON.stringify({
    transferId: payment.transferId,
    payerFsp: config.fspId,
    payeeFsp: payment.facts.payeeFsp,
    amount: isOther ? oneMore(transferAmount) : transferAmount,
    ilpPacket,
    condition,
    expiration: dateTimeOf(expiresAt),
  })
  const prepare = { body, condition, expiresAt, fee: wireMoneyOf(fee) }
  store.transaction(() => {
    const facts = { ...payment.facts, accountId, prepare }
    const held = core.hold(moveOf({ ...payment, facts }))
    if (isRefused(held)) abortPayment(parts, payment, payerNo(held))
    else {
      const line = ['reserve-funds', 'done'] as const
      movePayment(parts, payment, { state: 'reserved', accountId, prepare, line })
    }
  })
}

/** The fault `other-amount`: a hundred of the smallest unit more than was agreed upon. */
function oneMore(amount: QuoteAnswer['transferAmount']): QuoteAnswer['transferAmount'] {
  const money = moneyOf(amount)
  return money ? wireMoneyOf({ ...money, minorUnits: money.minorUnits + 100n }) : amount
}

/** Decides on a payment that holds money, and acts on it in the same transaction; a core that refuses is asked again. */
export function decideOutcome(
  parts: DirectParts,
  payment: Payment,
  { decision, words }: { readonly decision: 'commit' | 'release'; readonly words: string },
): void {
  parts.store.transaction(() => {
    const line = [`decide-${decision}`, 'done', words] as const
    const decided = movePayment(parts, payment, { state: `${decision}-decided`, line })
    bookDecision(parts, decided)
  })
}

/** Acts on a decision: true when the core has done it. */
export function bookDecision(parts: DirectParts, payment: Payment): boolean {
  const { core, store, clock } = parts
  const isCommit = payment.state === 'commit-decided'
  return store.transaction(() => {
    const move = moveOf(payment)
    const done = isCommit ? core.commit(move) : core.release(move)
    const isDone =
      !isRefused(done) || done.refused === (isCommit ? 'booked-before' : 'hold-missing')
    if (!isDone) return false
    const completedAt = clock.now()
    if (isCommit) {
      const line = ['commit-funds', 'done'] as const
      movePayment(parts, payment, { state: 'committed', completedAt, line })
    } else {
      const line = ['release-funds', 'done'] as const
      const why = payment.facts.hint ?? whyAborted(payment, completedAt)
      movePayment(parts, payment, { state: 'aborted', completedAt, why, line })
    }
    return true
  })
}

function whyAborted({ facts }: Payment, now: number): Why {
  const isExpired = now >= (facts.prepare?.expiresAt ?? 0)
  const error = isExpired ? fspiopError('3303', 'Transfer expired') : fspiopError('5105', 'ABORTED')
  return whyOf('transfer', error)
}

/** Both are customers here: the core moves the money, and no switch hears of it. */
export function payWithin(parts: DirectParts, payment: Payment): void {
  const { core, store } = parts
  const { order } = payment.facts
  const { type, id, subId = '' } = order.payee
  const first = core.findParty({ idType: type, idValue: id, subId })
  const payee = first && core.accountIn(order.amount.currency, first)
  if (!payee) {
    const code = first ? '5106' : '3204'
    const error = fspiopError(code, 'the payee has no such account here')
    abortPayment(parts, payment, whyOf('lookup', error))
    return
  }
  store.transaction(() => {
    const admitted = admitPayer(parts, order)
    if ('reason' in admitted) {
      abortPayment(parts, payment, admitted)
      return
    }
    const amount = amountOf(payment)
    const priced = core.price({ accountId: payee.accountId, role: 'PAYEE', amount })
    if (isRefused(priced)) {
      abortPayment(parts, payment, whyOf('quote', payeeNo(priced)))
      return
    }
    const { minorUnits } = amount
    const move = { transferCode: payment.transferId, amount }
    const payer = {
      ...move,
      accountId: admitted.account.accountId,
      total: minorUnits + admitted.fee.minorUnits,
    }
    const credit = { ...move, accountId: payee.accountId, total: minorUnits }
    const no = [core.hold(payer), core.commit(payer), core.credit(credit)].find(isRefused)
    if (no) throw new Error(`a transfer within the bank was refused half-way: ${no.refused}`)
    const line = ['transfer-within', 'done'] as const
    const completedAt = parts.clock.now()
    movePayment(parts, payment, {
      state: 'committed',
      payeeFsp: parts.config.fspId,
      completedAt,
      line,
    })
  })
}

function moveOf(payment: Payment): Move {
  const { accountId = '', prepare, order } = payment.facts
  const amount = amountOf(payment)
  const fee = (prepare && moneyOf(prepare.fee)?.minorUnits) ?? 0n
  return {
    transferCode: payment.transferId,
    accountId,
    amount,
    total: amount.minorUnits + fee,
    ...(order.note === undefined ? {} : { note: order.note }),
  }
}

function amountOf({ facts }: Payment): Money {
  const amount = moneyOf(facts.order.amount)
  if (!amount) throw new Error('an order of a currency that is not known here was let through')
  return amount
}
