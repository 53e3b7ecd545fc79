import type { Call } from '../fspiop/door.ts'
import { conditionOf, ilpAddress, readPacket } from '../fspiop/ilp.ts'
import { ownWhy, whyOf, type Why } from '../fspiop/reasons.ts'
import {
  moneyOf,
  partyPath,
  type FspiopError,
  type PartyId,
  type PartyTold,
  type QuoteAnswer,
  type TransferTold,
} from '../fspiop/wire.ts'
import type { DirectParts } from './parts.ts'
import {
  abortPayment,
  admitPayer,
  bookDecision,
  decideOutcome,
  openQuote,
  payWithin,
  reserveFunds,
} from './payer-steps.ts'
import type { Correlation, Order, Payment } from './payments.ts'

/**
 * The bank as payer: looks the payee up, asks for a quote, holds, sends the transfer, and commits or releases as the
 * switch has decided. Every step is on disk before the next message leaves. Before the hold any no ends a payment; after it
 * only COMMITTED with the right fulfilment, ABORTED, or 3208 once all is over does (ARCHITECTURE.md §5).
 */
export interface Payer {
  /** Takes an order in and starts; its transfer id. */
  begin(order: Order, correlation: Correlation | undefined): string
  takeParty(party: PartyId, call: Call<{ readonly party: PartyTold }>): void
  takeQuote(quoteId: string, call: Call<QuoteAnswer>): void
  /** An error about a lookup or a quote. */
  takeNo(payments: readonly Payment[], call: Call<{ readonly errorInformation: FspiopError }>): void
  /** PUT /transfers/{ID}: an outcome only when the switch itself says it. */
  takeOutcome(payment: Payment, call: Call<TransferTold>): void
  /** PUT /transfers/{ID}/error: a hint to ask, unless it is 3208 after all is over. */
  takeHint(payment: Payment, call: Call<{ readonly errorInformation: FspiopError }>): void
  /** Goes on with what an earlier run left. */
  resume(): void
}

/** The payer's side over the bank's core and store. */
export function createPayer(parts: DirectParts): Payer {
  const { payments, config } = parts
  const then = ({ transferId }: Payment): void => pursue(parts, transferId)
  return {
    begin: (order, correlation) => beginPayment(parts, order, correlation),
    takeParty(party, { source, body }) {
      const named = body.party.partyIdInfo.fspId ?? source
      if (named !== source) return
      for (const payment of payments.lookingFor(party)) {
        if (source === config.fspId) payWithin(parts, payment)
        else openQuote(parts, payment, { fspId: source, party: body.party })
        then(payment)
      }
    },
    takeQuote(quoteId, { source, body }) {
      const payment = payments.findByQuote(quoteId)
      if (payment?.state !== 'quoting' || source !== payment.facts.payeeFsp) return
      const problem = quoteProblem(payment, body, parts.clock.now())
      if (problem) abortPayment(parts, payment, problem)
      else reserveFunds(parts, payment, body)
      then(payment)
    },
    takeNo(named, { source, body }) {
      for (const payment of named) {
        const { state, facts } = payment
        const isHeard =
          source === config.switchId || source === facts.payeeFsp || state === 'looking'
        if (!isHeard || (state !== 'looking' && state !== 'quoting')) continue
        const stage = state === 'looking' ? 'lookup' : 'quote'
        abortPayment(parts, payment, whyOf(stage, body.errorInformation))
        then(payment)
      }
    },
    takeOutcome(payment, call) {
      if (payment.state !== 'reserved') return
      // What the payee's FSP says is no outcome, but it is time to ask the switch.
      if (call.source !== config.switchId || decide(parts, payment, call.body)) then(payment)
    },
    takeHint(payment, call) {
      if (payment.state !== 'reserved') return
      const isOwn = call.source === config.switchId
      if (isOwn && provesNothing(parts, payment, call)) {
        decideOutcome(parts, payment, { decision: 'release', words: 'unknown to the switch' })
      } else if (payment.facts.hint) return
      else {
        const hint = whyOf('transfer', call.body.errorInformation)
        payments.update({ ...payment, facts: { ...payment.facts, hint } })
      }
      then(payment)
    },
    resume: () => payments.unfinished().forEach(then),
  }
}

function beginPayment(
  parts: DirectParts,
  order: Order,
  correlation: Correlation | undefined,
): string {
  const { clock, payments, store } = parts
  const transferId = clock.uuid()
  const at = clock.now()
  const detail = `${order.amountType} ${order.amount.amount} ${order.amount.currency}`
  const timeline = [{ at, step: 'receive-order', outcome: 'done', detail }]
  const payment: Payment = {
    transferId,
    state: 'looking',
    facts: { order, createdAt: at, timeline },
  }
  store.transaction(() => {
    payments.insert(payment, correlation)
    const admitted = admitPayer(parts, order)
    if ('reason' in admitted) abortPayment(parts, payment, admitted)
  })
  pursue(parts, transferId)
  return transferId
}

/** What must be right of a quote before money is held for it. */
function quoteProblem(
  { facts }: Payment,
  { transferAmount, ilpPacket, expiration }: QuoteAnswer,
  now: number,
): Why | undefined {
  const { order, payeeFsp = '' } = facts
  const { amount, currency } = order.amount
  if (transferAmount.amount !== amount || transferAmount.currency !== currency) {
    return ownWhy('message-invalid', '3100', 'the quote is about another amount')
  }
  if (now >= expiration) return ownWhy('quote-expired', '3302', 'Quote expired')
  const packet = readPacket(ilpPacket)
  // A packet of ILP v4 keeps its amount elsewhere; what binds the payee is the condition.
  if (!packet) return undefined
  const { type, id } = order.payee
  const isTheirs = packet.account === ilpAddress(payeeFsp, { type, id })
  return isTheirs && packet.amount === moneyOf(order.amount)?.minorUnits
    ? undefined
    : ownWhy('message-invalid', '3100', 'the ILP packet is about something else')
}

/** False when the word of the switch decides nothing, yet. */
function decide(parts: DirectParts, payment: Payment, told: TransferTold): boolean {
  const { transferState, fulfilment = '' } = told
  if (transferState !== 'COMMITTED' && transferState !== 'ABORTED') return false
  const isCommit = transferState === 'COMMITTED'
  // Without the right fulfilment nobody knows what has happened: the hold is kept, and it is asked again.
  if (isCommit && conditionOf(fulfilment) !== payment.facts.prepare?.condition) return false
  const words = `the switch says ${transferState}`
  decideOutcome(parts, payment, { decision: isCommit ? 'commit' : 'release', words })
  return true
}

/** 3208 is a no only after expiration and skew, from an answer dated later: earlier a POST may still be on its way. */
function provesNothing(
  { clock, config }: DirectParts,
  { facts }: Payment,
  { datedAt, body }: Call<{ readonly errorInformation: FspiopError }>,
): boolean {
  const expiresAt = facts.prepare?.expiresAt ?? Infinity
  const isOver = clock.now() > expiresAt + config.times.clockSkewMsMax && datedAt > expiresAt
  return isOver && body.errorInformation.errorCode === '3208'
}

/** Does what the state of a payment asks for, now and again with growing pauses, until it has ended. */
function pursue(parts: DirectParts, transferId: string): void {
  const { payments, alarms } = parts
  const payment = payments.find(transferId)
  const nextAt = payment && pursueState(parts, payment)
  if (nextAt === undefined) alarms.cancel(transferId)
  else alarms.set(transferId, nextAt, () => pursue(parts, transferId))
}

/** When to look again; undefined when all is done. */
function pursueState(parts: DirectParts, payment: Payment): number | undefined {
  const { clock, config } = parts
  switch (payment.state) {
    case 'looking':
      return askDirectory(parts, payment)
    case 'quoting':
      return askQuote(parts, payment)
    case 'reserved':
      return askOutcome(parts, payment)
    case 'commit-decided':
    case 'release-decided':
      return bookDecision(parts, payment) ? undefined : clock.now() + config.times.bookingRetryMs
    case 'committed':
    case 'aborted':
      return undefined
  }
}

function askDirectory(parts: DirectParts, payment: Payment): number | undefined {
  const { post, clock, config } = parts
  const { createdAt, order } = payment.facts
  const { lookupMs, graceMs } = config.times
  const endsAt = createdAt + lookupMs
  if (clock.now() >= endsAt) {
    giveUp(parts, payment)
    return undefined
  }
  post.send({ operation: 'get-parties', path: `/parties/${partyPath(order.payee)}` })
  return Math.min(endsAt, doubled(parts, { since: createdAt, firstMs: graceMs }))
}

function askQuote(parts: DirectParts, payment: Payment): number | undefined {
  const { post, clock, config } = parts
  const { body = '', expiresAt = 0 } = payment.facts.quote ?? {}
  const { quoteMs, graceMs } = config.times
  if (clock.now() >= expiresAt) {
    giveUp(parts, payment)
    return undefined
  }
  post.send({ operation: 'post-quotes', path: '/quotes', body, expiresAt, ...toPayee(payment) })
  const since = expiresAt - quoteMs
  return Math.min(expiresAt, doubled(parts, { since, firstMs: graceMs }))
}

/** Until expiration by the same POST again, byte for byte; after it, and a grace that covers the skew, by GET alone. */
function askOutcome(parts: DirectParts, payment: Payment): number {
  const { post, clock, config } = parts
  const { body = '', expiresAt = 0 } = payment.facts.prepare ?? {}
  const { graceMs, clockSkewMsMax, transferMs, resolverFirstMs } = config.times
  const askedFrom = expiresAt + Math.max(graceMs, clockSkewMsMax) + 1
  if (clock.now() < expiresAt) {
    const path = '/transfers'
    post.send({ operation: 'post-transfers', path, body, expiresAt, ...toPayee(payment) })
    const nextAt = doubled(parts, { since: expiresAt - transferMs, firstMs: graceMs })
    return nextAt < expiresAt ? nextAt : askedFrom
  }
  if (clock.now() < askedFrom) return askedFrom
  const path = `/transfers/${payment.transferId}`
  post.send({ operation: 'get-transfers', path, to: config.switchId })
  return doubled(parts, { since: askedFrom, firstMs: resolverFirstMs })
}

/** Twice as long after the beginning as now, but not sooner or later than a pause may be. */
function doubled(
  { clock, config }: DirectParts,
  { since, firstMs }: { readonly since: number; readonly firstMs: number },
): number {
  const elapsedMs = clock.now() - since
  return clock.now() + Math.min(Math.max(elapsedMs, firstMs), config.times.resolverMaxMs)
}

function toPayee({ facts }: Payment): { readonly to?: string } {
  return facts.payeeFsp === undefined ? {} : { to: facts.payeeFsp }
}

function giveUp(parts: DirectParts, payment: Payment): void {
  const why = ownWhy('payee-fsp-silent', '2004', 'nobody answered in time')
  abortPayment(parts, payment, why)
}
