import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { fulfils } from '../../../hub/domain/condition.ts'
import { moneyOf } from '../../../hub/domain/money.ts'
import { partyIdTypes, type Party, type PartyId } from '../../../hub/domain/party.ts'
import type { QuoteQuestion } from '../../../hub/domain/quote.ts'
import { reasonCodes, refusal, type Reason } from '../../../hub/domain/refusal.ts'
import { connectorOf, received } from './support.ts'

const heron = connectorOf('heron')
const weaver = connectorOf('weaver')
const now = Date.UTC(2026, 0, 1)
const transferId = '0a6e2a3e-8f6b-4c54-9d7c-0f6b4f3c2a11'
const quoteId = '6f1c8a52-3a52-4f6e-8a52-3a52f6e8a521'
const kes = (amount: string) => moneyOf({ amount, currency: 'KES' })

const payee: PartyId = { type: 'MSISDN', identifier: '254720000001' }

const question: QuoteQuestion = {
  quoteId,
  transactionId: transferId,
  payerFspId: 'heron',
  payer: { type: 'MSISDN', identifier: '254710000001' },
  payeeFspId: 'weaver',
  payee,
  amountType: 'SEND',
  amount: kes('1.15'),
  transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
  note: 'shule – karo ya muhula',
  expiresAt: now + 60_000,
}

const fromHeron = { source: 'heron', answeredAt: now }
const fromWeaver = { source: 'weaver', answeredAt: now }

const sealed = (amount = '1.15', currency = 'KES') =>
  weaver.sealQuote(question, {
    transferAmount: moneyOf({ amount, currency }),
    expiresAt: now + 60_000,
  })

describe('what one FSP writes, the other reads', () => {
  it('asks for a party', () => {
    const told = weaver.read(received(heron.composePartyQuestion(payee)))
    expect(told).toEqual({ kind: 'party-asked', ...fromHeron, partyId: payee })
  })

  it('asks for and describes a party of any id and sub-id, reserved characters included', () => {
    const id = fc.record({
      type: fc.constantFrom(...partyIdTypes),
      identifier: text,
      subId: text,
    })
    fc.assert(
      fc.property(id, (partyId) => {
        const asked = weaver.read(received(heron.composePartyQuestion(partyId)))
        expect(asked).toEqual({ kind: 'party-asked', ...fromHeron, partyId })
        const party = { id: partyId, fspId: 'weaver' }
        const given = heron.read(received(weaver.composePartyAnswer({ to: 'heron', party })))
        expect(given).toEqual({ kind: 'party-given', ...fromWeaver, partyId, party })
      }),
      { numRuns: 50 },
    )
  })

  it('describes a party with names of any script', () => {
    const party: Party = {
      id: { type: 'EMAIL', identifier: 'a+b@example.org', subId: 'work/2' },
      fspId: 'weaver',
      firstName: 'မောင်မောင်',
      lastName: 'Nguyễn-Ọlá',
      displayName: 'မောင်မောင် Nguyễn-Ọlá',
    }
    const message = weaver.composePartyAnswer({ to: 'heron', party })
    expect(message.path).toBe('/parties/EMAIL/a%2Bb%40example.org/work%2F2')
    expect(message.headers['fspiop-uri']).toBe(message.path)
    expect(heron.read(received(message))).toEqual({
      kind: 'party-given',
      ...fromWeaver,
      partyId: party.id,
      party,
    })
  })

  it('refuses a party', () => {
    const message = weaver.composePartyRefusal({
      to: 'heron',
      partyId: payee,
      refusal: refusal('payee-not-found', 'nobody'),
    })
    expect(message.path).toBe('/parties/MSISDN/254720000001/error')
    expect(heron.read(received(message))).toEqual({
      kind: 'party-refused',
      ...fromWeaver,
      partyId: payee,
      error: { errorCode: '3204', description: 'nobody' },
    })
  })

  it('asks a quote with all that it says', () => {
    const told = weaver.read(received(heron.composeQuoteQuestion(question)))
    expect(told).toEqual({ kind: 'quote-asked', ...fromHeron, question })
  })

  it('answers a quote with all that it says', () => {
    const terms = weaver.sealQuote(question, {
      transferAmount: kes('1.15'),
      payeeReceiveAmount: kes('1.05'),
      payeeFspFee: kes('0.1'),
      expiresAt: now + 60_000,
    })
    const told = heron.read(received(weaver.composeQuoteAnswer({ to: 'heron', quoteId, terms })))
    expect(told).toEqual({ kind: 'quote-given', ...fromWeaver, quoteId, terms })
  })

  it('refuses a quote', () => {
    const refused = refusal('payee-blocked', 'the account is blocked')
    const message = weaver.composeQuoteRefusal({ to: 'heron', quoteId, refusal: refused })
    expect(heron.read(received(message))).toEqual({
      kind: 'quote-refused',
      ...fromWeaver,
      quoteId,
      error: { errorCode: '5400', description: 'the account is blocked' },
    })
  })

  it('prepares a transfer', () => {
    const { ilpPacket, condition } = sealed()
    const prepare = {
      transferId,
      payerFspId: 'heron',
      payeeFspId: 'weaver',
      amount: kes('1.15'),
      ilpPacket,
      condition,
      expiresAt: now + 30_000,
    }
    const told = weaver.read(received(heron.composePrepare(prepare)))
    expect(told).toEqual({ kind: 'transfer-prepared', ...fromHeron, prepare })
  })

  it('fulfils a transfer as RESERVED, so that the switch tells what became of it', () => {
    const fulfilment = weaver.fulfilmentOf(sealed().ilpPacket)
    const message = weaver.composeFulfilment({
      to: 'heron',
      transferId,
      fulfilment,
      completedAt: now,
    })
    expect(message.headers['content-type']).toBe(
      'application/vnd.interoperability.transfers+json;version=1.1',
    )
    expect(heron.read(received(message))).toEqual({
      kind: 'transfer-told',
      ...fromWeaver,
      transferId,
      state: 'RESERVED',
      fulfilment,
    })
  })

  it('fulfils a transfer as COMMITTED where the switch speaks 1.0', () => {
    const old = connectorOf('weaver', { apiVersion: '1.0' })
    const fulfilment = old.fulfilmentOf(sealed().ilpPacket)
    const message = old.composeFulfilment({ to: 'heron', transferId, fulfilment, completedAt: now })
    expect(message.headers['content-type']).toBe(
      'application/vnd.interoperability.transfers+json;version=1.0',
    )
    expect(heron.read(received(message))).toMatchObject({ state: 'COMMITTED', fulfilment })
  })

  it('refuses a transfer', () => {
    const refused = refusal('payee-refused-transfer', '')
    const message = weaver.composeTransferRefusal({ to: 'heron', transferId, refusal: refused })
    expect(heron.read(received(message))).toEqual({
      kind: 'transfer-refused',
      ...fromWeaver,
      transferId,
      error: { errorCode: '5105', description: 'no reason given' },
    })
  })

  it('asks the switch for the outcome, and it alone', () => {
    const { method, path, headers, body } = heron.composeOutcomeQuestion(transferId)
    expect([method, path, body]).toEqual(['GET', `/transfers/${transferId}`, ''])
    expect(headers['fspiop-destination']).toBe('switch')
    expect(headers['fspiop-signature']).toBeUndefined()
  })

  it('registers and removes a party at the oracle', () => {
    const register = weaver.composeParticipant('register', payee, 'KES')
    expect([register.method, register.path]).toEqual(['POST', '/participants/MSISDN/254720000001'])
    expect(JSON.parse(register.body)).toEqual({ fspId: 'weaver', currency: 'KES' })
    const remove = weaver.composeParticipant('remove', payee, 'KES')
    expect([remove.method, remove.path]).toEqual([
      'DELETE',
      '/participants/MSISDN/254720000001?currency=KES',
    ])
    expect(remove.body).toBe('')
  })
})

/** What an identifier may hold; a part that is only dots has no address. */
const text = fc
  .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
  .filter((value) => !/^\.{1,2}$/.test(value) && value !== 'error')

describe('a message', () => {
  it('is signed over the very bytes that leave, and dated', () => {
    const message = heron.composeQuoteQuestion({ ...question, note: 'élan 😀' })
    expect(message.headers).toMatchObject({
      accept: 'application/vnd.interoperability.quotes+json;version=1',
      'content-type': 'application/vnd.interoperability.quotes+json;version=1.1',
      date: 'Thu, 01 Jan 2026 00:00:00 GMT',
      'fspiop-source': 'heron',
      'fspiop-destination': 'weaver',
      'fspiop-uri': '/quotes',
      'fspiop-http-method': 'POST',
    })
    const changed = { ...received(message), bytes: Buffer.from(`${message.body} `) }
    expect(weaver.read(changed)).toMatchObject({ errorCode: '3105' })
  })

  it('that answers has no Accept', () => {
    const refused = refusal('payee-not-found', 'nobody')
    const message = weaver.composePartyRefusal({ to: 'heron', partyId: payee, refusal: refused })
    expect(message.headers['accept']).toBeUndefined()
  })

  it('cannot be made for an identifier that the path would swallow', () => {
    const dots: PartyId = { type: 'ALIAS', identifier: '..' }
    expect(() => heron.composePartyQuestion(dots)).toThrow('an identifier of dots has no address')
  })

  it.each(Object.keys(reasonCodes))('states a code that FSPIOP defines for %s', (reason) => {
    const message = weaver.composeTransferRefusal({
      to: 'heron',
      transferId,
      refusal: refusal(reason as Reason, 'why'),
    })
    const body = JSON.parse(message.body)
    expect(body.errorInformation.errorCode).toBe(reasonCodes[reason as Reason])
  })

  it('replaces a code that FSPIOP does not define, keeps a scheme’s own, and cuts a long text', () => {
    const codeOf = (errorCode: string) =>
      JSON.parse(
        weaver.composeQuoteRefusal({
          to: 'heron',
          quoteId,
          refusal: { ...refusal('payee-refused-quote', 'x'.repeat(500)), errorCode },
        }).body,
      ).errorInformation
    expect(codeOf('5199').errorCode).toBe('5199')
    expect(codeOf('5137').errorCode).toBe('3100')
    expect(codeOf('5103').errorDescription).toHaveLength(128)
  })
})

describe('a sealed quote', () => {
  it.each([
    ['1.15', 'KES'],
    ['0.07', 'KES'],
    ['1.005', 'TND'],
    ['35', 'UGX'],
    ['999999999999999.99', 'KES'],
  ])('states %s %s exactly', (amount, currency) => {
    const { ilpPacket } = sealed(amount, currency)
    expect(heron.readIlpPacket(ilpPacket)).toEqual({
      quoteId,
      transactionId: transferId,
      payeeFspId: 'weaver',
      payee,
      amount: moneyOf({ amount, currency }),
    })
  })

  it('holds the minor units in the packet itself', () => {
    const packet = Buffer.from(sealed('1.15').ilpPacket, 'base64url')
    expect(packet.readUInt8(0)).toBe(1)
    const lengthOfLength = (packet[1] ?? 0) & 0x7f
    expect(packet.readBigUInt64BE(2 + lengthOfLength)).toBe(115n)
  })

  it('is fulfilled by its own FSP’s secret and by no other', () => {
    const { ilpPacket, condition } = sealed()
    expect(fulfils(weaver.fulfilmentOf(ilpPacket), condition)).toBe(true)
    expect(weaver.fulfilmentOf(ilpPacket)).toBe(weaver.fulfilmentOf(ilpPacket))
    expect(fulfils(heron.fulfilmentOf(ilpPacket), condition)).toBe(false)
  })

  it('has another condition when anything in it differs', () => {
    const conditions = [sealed('1.15'), sealed('1.16')].map((terms) => terms.condition)
    const later = weaver.sealQuote(question, {
      transferAmount: kes('1.15'),
      expiresAt: now + 60_001,
    })
    expect(new Set([...conditions, later.condition]).size).toBe(3)
  })

  it.each(['', 'AAAA', 'AQ', 'DA', 'not a packet', 'A'.repeat(200)])(
    'is not read from %j',
    (ilpPacket) => {
      expect(heron.readIlpPacket(ilpPacket)).toBeUndefined()
    },
  )
})
