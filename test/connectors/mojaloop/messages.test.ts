import { describe, expect, it } from '@jest/globals'
import { fulfils } from '../../../hub/domain/condition.ts'
import { moneyOf } from '../../../hub/domain/money.ts'
import type { QuoteQuestion } from '../../../hub/domain/quote.ts'
import { connectorOf, received } from './support.ts'

const heron = connectorOf('heron')
const weaver = connectorOf('weaver')
const now = Date.UTC(2026, 0, 1)
const transferId = '0a6e2a3e-8f6b-4c54-9d7c-0f6b4f3c2a11'

const payee = { type: 'MSISDN', identifier: '254720000001' } as const

const question: QuoteQuestion = {
  quoteId: '6f1c8a52-3a52-4f6e-8a52-3a52f6e8a521',
  transactionId: transferId,
  payerFspId: 'heron',
  payer: { type: 'MSISDN', identifier: '254710000001' },
  payeeFspId: 'weaver',
  payee,
  amountType: 'SEND',
  amount: moneyOf({ amount: '1.15', currency: 'KES' }),
  transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
  note: 'shule – karo ya muhula',
  expiresAt: now + 60_000,
}

describe('what one FSP writes, the other reads', () => {
  it('asks for a party', () => {
    const told = weaver.read(received(heron.composePartyQuestion(payee)))
    expect(told).toEqual({
      kind: 'party-asked',
      source: 'heron',
      answeredAt: now,
      partyId: payee,
    })
  })

  it('asks a quote with all that it says', () => {
    const told = weaver.read(received(heron.composeQuoteQuestion(question)))
    expect(told).toEqual({ kind: 'quote-asked', source: 'heron', answeredAt: now, question })
  })

  it('seals a quote, whose packet states the exact amount and whose condition is its own', () => {
    const terms = weaver.sealQuote(question, {
      transferAmount: moneyOf({ amount: '1.15', currency: 'KES' }),
      expiresAt: now + 60_000,
    })
    expect(heron.readIlpPacket(terms.ilpPacket)).toEqual({
      quoteId: question.quoteId,
      transactionId: question.transactionId,
      payeeFspId: 'weaver',
      payee,
      amount: moneyOf({ amount: '1.15', currency: 'KES' }),
    })
    expect(fulfils(weaver.fulfilmentOf(terms.ilpPacket), terms.condition)).toBe(true)
    expect(fulfils(heron.fulfilmentOf(terms.ilpPacket), terms.condition)).toBe(false)
    const told = heron.read(
      received(weaver.composeQuoteAnswer({ to: 'heron', quoteId: question.quoteId, terms })),
    )
    expect(told).toMatchObject({ kind: 'quote-given', quoteId: question.quoteId, terms })
  })
})
