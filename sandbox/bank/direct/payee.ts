import type { Call } from '../fspiop/door.ts'
import { fulfilmentOf } from '../fspiop/ilp.ts'
import { payeeNo } from '../fspiop/reasons.ts'
import {
  contentHash,
  dateTimeOf,
  errorBody,
  fspiopError,
  moneyOf,
  type FspiopError,
  type Prepare,
} from '../fspiop/wire.ts'
import { isRefused } from '../refusal.ts'
import type { DirectParts } from './parts.ts'
import type { Quote, Receipt, Receipts, Terms } from './receipts.ts'

/**
 * The bank as payee of transfers: each is answered once and for all. Its customer is credited only after the switch has
 * said COMMITTED, and what she is owed from then on is tried until it is done (laws 7 and 9 of ARCHITECTURE.md).
 */
export interface Payee {
  /** Decides and answers, or answers again; the error is for the synchronous answer. */
  takePrepare(call: Call<Prepare>): FspiopError | undefined
  /** What the switch itself said of the transfer, in a PATCH, or a PUT that answers a GET. */
  takeOutcome(receipt: Receipt, told: string): void
  /** An error callback is no outcome; the first one is a reason to ask at once. */
  takeHint(receipt: Receipt): void
  /** Goes on with what an earlier run left. */
  resume(): void
}

/** The payee's side over the bank's core and store. */
export function createPayee(parts: DirectParts): Payee {
  const { clock, receipts, alarms, store } = parts
  const hinted = new Set<string>()
  const begin = (receipt: Receipt): void => {
    const { transferId, answerAt = 0 } = receipt
    if (answerAt <= clock.now()) pursue(parts, transferId)
    else alarms.set(transferId, answerAt, () => pursue(parts, transferId))
  }
  return {
    takePrepare(call) {
      const known = receipts.find(call.body.transferId)
      if (!known) {
        const receipt = decideTransfer(parts, call)
        if (receipt.state === 'refused') tell(parts, receipt)
        else begin(receipt)
        return undefined
      }
      if (known.hash !== contentHash(call.content) || known.payerFsp !== call.source) {
        return fspiopError('3106', 'the transferId was used before')
      }
      if ((known.answerAt ?? 0) <= clock.now()) tell(parts, known)
      return undefined
    },
    takeOutcome({ transferId, state }, told) {
      if (state !== 'reserved' || (told !== 'COMMITTED' && told !== 'ABORTED')) return
      alarms.cancel(transferId)
      hinted.delete(transferId)
      if (told === 'ABORTED') receipts.move(transferId, 'dropped')
      else {
        store.transaction(() => {
          receipts.move(transferId, 'owed')
          credit(parts, transferId)
        })
      }
    },
    takeHint(receipt) {
      if (receipt.state !== 'reserved' || hinted.has(receipt.transferId)) return
      hinted.add(receipt.transferId)
      ask(parts, receipt)
    },
    resume() {
      for (const receipt of receipts.unfinished()) begin(receipt)
    },
  }
}

/** The answer is told twice, then by turns it is asked for the outcome and told again; after expiration only asked. */
function pursue(parts: DirectParts, transferId: string, tries = 0): void {
  const { receipts, clock, config, alarms } = parts
  const receipt = receipts.find(transferId)
  if (receipt?.state === 'owed') credit(parts, transferId)
  if (receipt?.state !== 'reserved') return
  const isTold = tries < 2 || (tries % 2 === 1 && clock.now() < receipt.expiresAt)
  if (isTold) tell(parts, receipt)
  else ask(parts, receipt)
  const { graceMs, resolverMaxMs } = config.times
  const pauseMs = Math.min(graceMs * 2 ** Math.min(tries, doublingsMax), resolverMaxMs)
  alarms.set(transferId, clock.now() + pauseMs, () => pursue(parts, transferId, tries + 1))
}

const doublingsMax = 10

function tell({ post }: DirectParts, { transferId, payerFsp, answer, expiresAt }: Receipt): void {
  const path = `/transfers/${transferId}${answer.isError ? '/error' : ''}`
  post.send({ operation: 'put-transfers', path, to: payerFsp, body: answer.body, expiresAt })
}

function ask({ post, config }: DirectParts, { transferId }: Receipt): void {
  post.send({ operation: 'get-transfers', path: `/transfers/${transferId}`, to: config.switchId })
}

/** How long after expiration the fault `late` answers. */
const lateMs = 1_000

function decideTransfer(parts: DirectParts, call: Call<Prepare>): Receipt {
  const { receipts, faults } = parts
  const quote = receipts.quoteOf(call.body.condition)
  const objection = objectionTo(parts, call, quote)
  const { transferId, expiration: expiresAt } = call.body
  const hash = contentHash(call.content)
  const named = { transferId, payerFsp: call.source, hash, expiresAt }
  const store = (receipt: Receipt): Receipt => {
    receipts.insert(receipt)
    return receipt
  }
  if (objection || !quote) {
    const answer = { body: errorBody(objection ?? unquoted), isError: true }
    return store({ ...named, state: 'refused', answer })
  }
  const late = faults.take('put-transfers', 'late')
  return store({
    ...named,
    state: 'reserved',
    quoteId: quote.quoteId,
    answer: { body: fulfilmentBody(parts, call.body.ilpPacket), isError: false },
    ...(late ? { answerAt: expiresAt + (late.ms ?? lateMs) } : {}),
  })
}

const unquoted = fspiopError('3205', 'no quote has this condition')

/** FSPIOP carries no quoteId: the condition says which quote a transfer is about, and all the rest must agree with it. */
function objectionTo(
  parts: DirectParts,
  { source, body }: Call<Prepare>,
  quote: Quote | undefined,
): FspiopError | undefined {
  if (body.payeeFsp !== parts.config.fspId || body.payerFsp !== source) {
    return fspiopError('3100', 'payerFsp or payeeFsp is another')
  }
  if (!quote?.terms || quote.payerFsp !== source) return unquoted
  return (
    disagreement(body, quote.terms) ??
    expiry(body, quote.terms, parts.clock.now()) ??
    hindrance(parts, quote.quoteId, quote.terms)
  )
}

function disagreement(body: Prepare, terms: Terms): FspiopError | undefined {
  const amount = moneyOf(body.amount)
  if (amount?.minorUnits !== terms.minorUnits || amount.currency !== terms.currency) {
    return fspiopError('3100', 'the amount is not the quoted one')
  }
  const isSamePacket = body.ilpPacket === terms.ilpPacket
  return isSamePacket ? undefined : fspiopError('3100', 'the ilpPacket is another')
}

function expiry(body: Prepare, terms: Terms, now: number): FspiopError | undefined {
  if (now >= terms.expiresAt) return fspiopError('3302', 'Quote expired')
  return now >= body.expiration ? fspiopError('3303', 'Transfer expired') : undefined
}

function hindrance(
  { receipts, core }: DirectParts,
  quoteId: string,
  { accountId, minorUnits, currency }: Terms,
): FspiopError | undefined {
  if (receipts.isUsed(quoteId)) return fspiopError('5105', 'the quote was used before')
  const priced = core.price({ accountId, role: 'PAYEE', amount: { minorUnits, currency } })
  return isRefused(priced) ? payeeNo(priced) : undefined
}

function fulfilmentBody({ faults, config, clock }: DirectParts, ilpPacket: string): string {
  const isWrong = faults.take('put-transfers', 'wrong-fulfilment') !== undefined
  const secret = isWrong ? `${config.ilpSecret}, but another` : config.ilpSecret
  return JSON.stringify({
    fulfilment: fulfilmentOf(ilpPacket, secret),
    completedTimestamp: dateTimeOf(clock.now()),
    transferState: 'RESERVED',
  })
}

/** Credits what the scheme has committed, in one transaction with the word that it is done; a core that refuses is asked again. */
function credit(parts: DirectParts, transferId: string): void {
  const { store, core, receipts, alarms, clock, config } = parts
  const isDone = store.transaction(() => {
    const { accountId, minorUnits, currency } = termsOf(receipts, transferId)
    const amount = { minorUnits, currency }
    const move = { transferCode: transferId, accountId, amount, total: minorUnits }
    const credited = core.credit(move)
    if (isRefused(credited) && credited.refused !== 'booked-before') return false
    receipts.move(transferId, 'credited')
    return true
  })
  if (isDone) return
  alarms.set(transferId, clock.now() + config.times.bookingRetryMs, () => credit(parts, transferId))
}

function termsOf(receipts: Receipts, transferId: string): Terms {
  const quoteId = receipts.find(transferId)?.quoteId
  const terms = quoteId === undefined ? undefined : receipts.quote(quoteId)?.terms
  if (!terms) throw new Error(`transfer ${transferId} has lost its quote`)
  return terms
}
