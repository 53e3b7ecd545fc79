import type { Money } from '../../money.ts'
import type { Call } from '../fspiop/door.ts'
import { conditionOf, fulfilmentOf, ilpAddress, writePacket } from '../fspiop/ilp.ts'
import { payeeNo } from '../fspiop/reasons.ts'
import {
  contentHash,
  dateTimeOf,
  errorBody,
  fspiopError,
  moneyOf,
  partyPath,
  wireMoneyOf,
  type FspiopError,
  type PartyId,
  type QuoteRequest,
} from '../fspiop/wire.ts'
import type { SavingsAccount } from '../ledger/accounts.ts'
import { isRefused } from '../refusal.ts'
import type { DirectParts } from './parts.ts'
import type { Answer, Quote, Terms } from './receipts.ts'

/** Answers GET /parties: who the customer is, or 3204. */
export function answerLookup(parts: DirectParts, party: PartyId, asker: string): void {
  const { core, accounts, config, post } = parts
  const { type, id, subId } = party
  const account = core.findParty({ idType: type, idValue: id, subId: subId ?? '' })
  const client = account && accounts.client(account.clientId)
  const letter = { operation: 'put-parties', to: asker } as const
  const path = `/parties/${partyPath(party)}`
  if (!client) {
    const body = errorBody(fspiopError('3204', 'Party not found'))
    post.send({ ...letter, path: `${path}/error`, body })
    return
  }
  const { firstName, lastName } = client
  const body = JSON.stringify({
    party: {
      partyIdInfo: {
        partyIdType: type,
        partyIdentifier: id,
        partySubIdOrType: subId,
        fspId: config.fspId,
      },
      name: `${firstName} ${lastName}`,
      personalInfo: { complexName: { firstName, lastName } },
    },
  })
  post.send({ ...letter, path, body })
}

/**
 * Answers POST /quotes, deciding once: the same request again gets the same answer byte for byte, another one under its
 * id 3106. A yes binds the bank to credit this account with this amount until the quote expires.
 */
export function answerQuote(parts: DirectParts, call: Call<QuoteRequest>): void {
  const { quoteId, expiration } = call.body
  const quote = parts.receipts.quote(quoteId) ?? decideQuote(parts, call)
  const isSame = quote.hash === contentHash(call.content) && quote.payerFsp === call.source
  const answer = isSame ? quote.answer : noTo(fspiopError('3106', 'the quoteId was used before'))
  parts.post.send({
    operation: 'put-quotes',
    path: `/quotes/${quoteId}${answer.isError ? '/error' : ''}`,
    to: call.source,
    body: answer.body,
    expiresAt: expiration ?? parts.clock.now() + parts.config.times.quoteMs,
  })
}

function noTo(error: FspiopError): Answer {
  return { body: errorBody(error), isError: true }
}

function decideQuote(parts: DirectParts, call: Call<QuoteRequest>): Quote {
  const promise = promiseFor(parts, call.body)
  const named = {
    quoteId: call.body.quoteId,
    payerFsp: call.source,
    hash: contentHash(call.content),
  }
  const quote: Quote =
    'errorCode' in promise ? { ...named, answer: noTo(promise) } : { ...named, ...promise }
  parts.receipts.insertQuote(quote)
  return quote
}

/** What the fault `other-amount` adds, in minor units. */
const otherAmountUnits = 100n

function promiseFor(
  parts: DirectParts,
  request: QuoteRequest,
): { readonly answer: Answer; readonly terms: Terms } | FspiopError {
  const { clock, config, faults } = parts
  if (request.expiration !== undefined && clock.now() >= request.expiration) {
    return fspiopError('3302', 'Quote expired')
  }
  const payee = payeeOf(parts, request)
  if ('errorCode' in payee) return payee
  const { minorUnits, currency } = payee.amount
  const isOther = faults.take('put-quotes', 'other-amount') !== undefined
  const amount = { currency, minorUnits: minorUnits + (isOther ? otherAmountUnits : 0n) }
  const expiresAt = clock.now() + config.times.quoteMs
  const ilpPacket = packetFor(config.fspId, request, { amount, expiresAt })
  const condition = conditionOf(fulfilmentOf(ilpPacket, config.ilpSecret))
  const transferAmount = wireMoneyOf(amount)
  const body = JSON.stringify({
    transferAmount,
    payeeReceiveAmount: transferAmount,
    expiration: dateTimeOf(expiresAt),
    ilpPacket,
    condition,
  })
  const { accountId } = payee.account
  const terms = { condition, ilpPacket, accountId, ...amount, expiresAt }
  return { answer: { body, isError: false }, terms }
}

/** The payee's account in the currency, and that it may be credited. */
function payeeOf(
  { core }: DirectParts,
  { payee, amount: asked }: QuoteRequest,
): { readonly account: SavingsAccount; readonly amount: Money } | FspiopError {
  const { partyIdType, partyIdentifier, partySubIdOrType = '' } = payee.partyIdInfo
  const key = { idType: partyIdType, idValue: partyIdentifier, subId: partySubIdOrType }
  const first = core.findParty(key)
  if (!first) return fspiopError('3204', 'Party not found')
  const account = core.accountIn(asked.currency, first)
  if (!account) return fspiopError('5106', `the payee holds no ${asked.currency}`)
  const amount = moneyOf(asked)
  if (!amount || amount.minorUnits === 0n) return fspiopError('5103', 'no amount to be paid')
  const priced = core.price({ accountId: account.accountId, role: 'PAYEE', amount })
  return isRefused(priced) ? payeeNo(priced) : { account, amount }
}

function packetFor(
  fspId: string,
  request: QuoteRequest,
  { amount, expiresAt }: { readonly amount: Money; readonly expiresAt: number },
): string {
  const { partyIdType: type, partyIdentifier: id } = request.payee.partyIdInfo
  const { quoteId, transactionId, payee, payer, transactionType, note } = request
  const transaction = JSON.stringify({
    quoteId,
    transactionId,
    transactionType,
    payee,
    payer,
    expiration: dateTimeOf(expiresAt),
    amount: wireMoneyOf(amount),
    note,
  })
  const account = ilpAddress(fspId, { type, id })
  return writePacket({ amount: amount.minorUnits, account, transaction })
}
