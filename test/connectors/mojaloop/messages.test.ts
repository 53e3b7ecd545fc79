import { describe, expect, it } from '@jest/globals'
import { moneyOf } from '../../../hub/domain/money.ts'
import type { PartyId } from '../../../hub/domain/party.ts'
import type { QuoteQuestion } from '../../../hub/domain/quote.ts'
import { reasonCodes, refusal, type Reason } from '../../../hub/domain/refusal.ts'
import type { HttpResponse } from '../../../hub/http.ts'
import { switchContract } from '../../contract/switch-connector.ts'
import { fakeHttp, response } from '../fake-http.ts'
import { connectorOf, received } from './support.ts'

let next: HttpResponse | Error = response(202)
const heron = connectorOf('heron', { http: fakeHttp(() => next) })
const weaver = connectorOf('weaver')
const now = Date.UTC(2026, 0, 1)

switchContract('Mojaloop', {
  heron,
  weaver,
  now,
  answerNext: (answer) => {
    next = answer
  },
})

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

const sealed = (amount = '1.15', currency = 'KES') =>
  weaver.sealQuote(question, {
    transferAmount: moneyOf({ amount, currency }),
    expiresAt: now + 60_000,
  })

describe('the words of FSPIOP', () => {
  it('fulfils a transfer as COMMITTED where the switch speaks 1.0', () => {
    const old = connectorOf('weaver', { apiVersion: '1.0' })
    const fulfilment = old.fulfilmentOf(sealed().ilpPacket)
    const message = old.composeFulfilment({ to: 'heron', transferId, fulfilment, completedAt: now })
    expect(message.headers['content-type']).toBe(
      'application/vnd.interoperability.transfers+json;version=1.0',
    )
    expect(heron.read(received(message))).toMatchObject({ state: 'COMMITTED', fulfilment })
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

  it('holds the minor units in the packet itself', () => {
    const packet = Buffer.from(sealed('1.15').ilpPacket, 'base64url')
    expect(packet.readUInt8(0)).toBe(1)
    const lengthOfLength = (packet[1] ?? 0) & 0x7f
    expect(packet.readBigUInt64BE(2 + lengthOfLength)).toBe(115n)
  })
})

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
