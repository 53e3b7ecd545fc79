import { v5 } from 'uuid'
import type { IlpTerms, SwitchConnector } from '../../hub/connector.ts'
import { addMoney, formatAmount, isSameMoney, noMoney, type Money } from '../../hub/domain/money.ts'
import { partyKey } from '../../hub/domain/party.ts'
import type { QuoteQuestion, QuoteTerms } from '../../hub/domain/quote.ts'
import { isRefusal, refusal, refusalOfCode, type Refusal } from '../../hub/domain/refusal.ts'
import { transferLine } from '../../hub/domain/transfer.ts'
import type { TransferRecord } from '../../hub/domain/transfer-record.ts'
import { advance, loadLeg, noteRefusal, waitKey } from '../../hub/legs/leg.ts'
import type { Tx } from '../../hub/store/store.ts'
import type { Step, WorkflowPorts } from '../../hub/workflow.ts'
import { next, payerKey, wait } from './variables.ts'

const asksMax = 2
const quoteNamespace = '0d1f6c39-7e0b-4f6e-8a6a-3a1f5f8f9f11'

/** Asks the FSP that the directory named for its terms (POST /quotes), and opens the wait for the answer. */
export function requestQuote({ store, switchOf, clock, times }: WorkflowPorts): Step {
  return async (variables) => {
    const key = payerKey(variables)
    const quoteId = v5(transferLine(key), quoteNamespace)
    const asked = await store.step(async (tx) => {
      const record = await loadLeg(tx, key)
      const { record: waiting } = await advance(tx, record, {
        at: clock.now(),
        opensWait: true,
        facts: { quoteId, asked: (record.facts.asked ?? 0) + 1 },
        entry: {
          step: 'request-quote',
          party: otherFspOf(record),
          direction: 'out',
          outcome: 'asked',
          detail: '',
        },
      })
      await tx.lookups.open(key.fspId, `quote/${quoteId}`, {
        line: transferLine(key),
        messageName: 'quote-answered',
        correlationKey: waitKey(waiting),
        since: clock.now(),
      })
      return waiting
    })
    const peer = switchOf(key.fspId)
    const refused = await peer.deliver(peer.composeQuoteQuestion(questionOf(asked, quoteId)))
    if (isRefusal(refused))
      return store.step((tx) => noteQuoteRefusal(tx, asked, { refusal: refused, at: clock.now() }))
    return wait(asked, times.quoteMs / asksMax)
  }
}

/** Checks the terms against the order: amount, currency, expiry, and that the sealed packet says the same. */
export function acceptQuote({ store, switchOf, clock }: WorkflowPorts): Step {
  return async (variables) => {
    const key = payerKey(variables)
    return store.step(async (tx) => {
      const record = await loadLeg(tx, key)
      const at = clock.now()
      const answer = await quoteAnswer(tx, record)
      if (answer === undefined && (record.facts.asked ?? 0) < asksMax) return next('ask')
      await tx.lookups.close(key.fspId, `quote/${String(record.facts.quoteId)}`, transferLine(key))
      const terms = answer ?? refusal('payee-fsp-silent', "the payee's FSP gave no terms in time")
      const fault = isRefusal(terms)
        ? terms
        : faultOfTerms({ record, terms, at }, switchOf(key.fspId))
      if (fault) return noteQuoteRefusal(tx, record, { refusal: fault, at })
      if (isRefusal(terms)) return terms
      await advance(tx, record, {
        at,
        facts: { terms, asked: 0 },
        entry: {
          step: 'accept-quote',
          party: otherFspOf(record),
          direction: 'in',
          outcome: 'given',
          detail: `${formatAmount(terms.transferAmount)} ${terms.transferAmount.currency} to transfer`,
        },
      })
      return next('agreed')
    })
  }
}

/** Asks the payer's own core for its fee, and whether the balance allows the sum. */
export function priceTransfer({ store, ledgerOf, clock }: WorkflowPorts): Step {
  return async (variables) => {
    const key = payerKey(variables)
    const leg = await store.step((tx) => loadLeg(tx, key))
    const price = await ledgerOf(key.fspId).price({
      accountId: accountOf(leg),
      role: 'payer',
      amount: amountOf(leg),
      amountType: leg.order.amountType,
      transferId: key.transferId,
    })
    const entry = { step: 'price-transfer', party: key.fspId, direction: 'out' } as const
    return store.step(async (tx) => {
      const record = await loadLeg(tx, key)
      const at = clock.now()
      // Priced before: the fee of the hold must be that of the booking.
      if (record.state !== 'received') return {}
      if (isRefusal(price)) return noteRefusal(tx, record, { refusal: price, at, entry })
      await advance(tx, record, {
        at,
        event: 'quoted',
        facts: { fee: price.fee },
        entry: {
          ...entry,
          outcome: 'done',
          detail: `fee ${formatAmount(price.fee)} ${price.fee.currency}`,
        },
      })
      return {}
    })
  }
}

/** What leaves the payer's account for the payee, without the core's own fee. */
export function amountOf(record: TransferRecord): Money {
  return record.facts.terms?.transferAmount ?? record.order.amount
}

/** The payer's account, known since `find-payer`. */
export function accountOf(record: TransferRecord): string {
  const accountId = record.facts.account?.accountId
  if (accountId === undefined) throw new Error('the payer has no account yet')
  return accountId
}

/** The FSP that the directory named for the payee. */
export function otherFspOf(record: TransferRecord): string {
  const fspId = record.facts.otherFspId
  if (fspId === undefined) throw new Error("the payee's FSP is not known yet")
  return fspId
}

function questionOf(record: TransferRecord, quoteId: string): QuoteQuestion {
  const { order, key } = record
  return {
    quoteId,
    transactionId: key.transferId,
    payerFspId: key.fspId,
    payer: order.payer,
    payeeFspId: otherFspOf(record),
    payee: order.payee,
    amountType: order.amountType,
    amount: order.amount,
    transactionType: order.transactionType,
    ...(order.note === undefined ? {} : { note: order.note }),
  }
}

async function quoteAnswer(
  tx: Tx,
  record: TransferRecord,
): Promise<QuoteTerms | Refusal | undefined> {
  const rows = await tx.inbox.ofQuote(record.key.fspId, String(record.facts.quoteId))
  // The first answer stands: a second one with other terms could only be a mistake or a trick.
  const callback = rows.find(
    (row) => row.callback.kind === 'quote-given' || row.callback.kind === 'quote-refused',
  )?.callback
  if (callback?.kind === 'quote-given') {
    if (callback.source !== otherFspOf(record)) {
      return refusal('message-invalid', 'the terms came from another FSP than was asked')
    }
    return callback.terms
  }
  if (callback?.kind !== 'quote-refused') return undefined
  return refusalOfCode('quote', callback.error.errorCode, callback.error.description)
}

type Offer = { readonly record: TransferRecord; readonly terms: QuoteTerms; readonly at: number }

function faultOfTerms({ record, terms, at }: Offer, peer: SwitchConnector): Refusal | undefined {
  if (!answersOrder(record, terms))
    return refusal('message-invalid', 'the terms are for another amount than was asked')
  if (terms.expiresAt <= at) return refusal('quote-expired', 'the terms had expired when they came')
  const packet = peer.readIlpPacket(terms.ilpPacket)
  if (!packet) return refusal('message-invalid', 'the terms carry no readable ILP packet')
  if (!isSameMoney(packet.amount, terms.transferAmount)) {
    return refusal('message-invalid', 'the ILP packet is for another amount than the terms')
  }
  if (!isOfTransfer(packet, record))
    return refusal('message-invalid', 'the ILP packet is for another transfer or payee')
  return undefined
}

/** The packet is what the two FSPs will show each other later: it must name this transfer and whom the money is for. */
function isOfTransfer(packet: IlpTerms, record: TransferRecord): boolean {
  return (
    packet.quoteId === record.facts.quoteId &&
    packet.transactionId === record.key.transferId &&
    packet.payeeFspId === otherFspOf(record) &&
    partyKey(packet.payee) === partyKey(record.order.payee)
  )
}

/**
 * SEND: exactly what was ordered leaves the payer. RECEIVE: exactly what was ordered arrives, and what is added is the fee
 * that the terms name; nobody asks the payer again, so a fee above the amount itself is not agreed to.
 */
function answersOrder({ order }: TransferRecord, terms: QuoteTerms): boolean {
  const { transferAmount, payeeReceiveAmount, payeeFspFee = noMoney(order.amount.currency) } = terms
  if (transferAmount.currency !== order.amount.currency) return false
  if (order.amountType === 'SEND') return isSameMoney(transferAmount, order.amount)
  if (!isSameMoney(payeeReceiveAmount ?? order.amount, order.amount)) return false
  if (payeeFspFee.currency !== order.amount.currency) return false
  const agreed = addMoney(order.amount, payeeFspFee)
  return isSameMoney(transferAmount, agreed) && payeeFspFee.minorUnits <= order.amount.minorUnits
}

function noteQuoteRefusal(
  tx: Tx,
  record: TransferRecord,
  { refusal: no, at }: { readonly refusal: Refusal; readonly at: number },
): Promise<Refusal> {
  return noteRefusal(tx, record, {
    refusal: no,
    at,
    entry: { step: 'accept-quote', party: otherFspOf(record), direction: 'in' },
  })
}
