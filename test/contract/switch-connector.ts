import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  OutcomeUnknown,
  Unavailable,
  type SwitchConnector,
  type SwitchMessage,
} from '../../hub/connector.ts'
import { fulfils } from '../../hub/domain/condition.ts'
import { moneyOf } from '../../hub/domain/money.ts'
import { partyIdTypes, type Party, type PartyId } from '../../hub/domain/party.ts'
import type { QuoteQuestion } from '../../hub/domain/quote.ts'
import { refusal } from '../../hub/domain/refusal.ts'
import { NoResponse, NotSent, type HttpRequest, type HttpResponse } from '../../hub/http.ts'

/** Two FSPs on one switch, which trust each other's keys; the clock of both stands at `now`. */
export type SwitchUnderTest = {
  readonly heron: SwitchConnector
  readonly weaver: SwitchConnector
  readonly now: number
  /** What the switch answers to the next message that heron delivers. */
  readonly answerNext: (answer: HttpResponse | Error) => void
}

/** What every switch's connector promises. */
export function switchContract(name: string, subject: SwitchUnderTest): void {
  const { heron, weaver, now, answerNext } = subject
  describe(`the switch connector of ${name}`, () => {
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
        const told = heron.read(
          received(weaver.composeQuoteAnswer({ to: 'heron', quoteId, terms })),
        )
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

    describe('delivering', () => {
      const answerOf = (status: number): HttpResponse => ({
        status,
        headers: {},
        bytes: new Uint8Array(),
      })
      const message = () => heron.composeQuoteQuestion(question)

      it.each([200, 202])('is accepted with %i', async (status) => {
        answerNext(answerOf(status))
        expect(await heron.deliver(message())).toBe('accepted')
      })

      it('is refused with a 400', async () => {
        answerNext(answerOf(400))
        expect(await heron.deliver(message())).toMatchObject({ kind: 'refusal' })
      })

      it('surely did not happen where nothing left', async () => {
        for (const answer of [new NotSent('refused'), answerOf(429)]) {
          answerNext(answer)
          await expect(heron.deliver(message())).rejects.toThrow(Unavailable)
        }
      })

      it('may have happened after any other failure, but for a question', async () => {
        for (const answer of [new NoResponse('reset'), answerOf(500), answerOf(503)]) {
          answerNext(answer)
          await expect(heron.deliver(message())).rejects.toThrow(OutcomeUnknown)
          answerNext(answer)
          const asked = heron.composeOutcomeQuestion(transferId)
          await expect(heron.deliver(asked)).rejects.toThrow(Unavailable)
        }
      })
    })

    describe('a message that is not what it says', () => {
      const request = (): HttpRequest => received(heron.composeQuoteQuestion(question))

      it('is rejected once a byte of it differs', () => {
        const { bytes } = request()
        const changed = Buffer.from(bytes).toString().replace('1.15', '9.15')
        expect(weaver.read({ ...request(), bytes: Buffer.from(changed) })).toMatchObject({
          kind: 'rejection',
        })
      })

      it('is rejected from a sender who is not its signer', () => {
        const headers = { ...request().headers, 'fspiop-source': 'weaver' }
        expect(weaver.read({ ...request(), headers })).toMatchObject({ kind: 'rejection' })
      })

      it('is rejected at another address', () => {
        const path = `/transfers/${transferId}`
        expect(weaver.read({ ...request(), path, method: 'PUT' })).toMatchObject({
          kind: 'rejection',
        })
      })
    })
  })
}

/** What an identifier may hold; a part that is only dots has no address. */
const text = fc
  .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
  .filter((value) => !/^\.{1,2}$/.test(value) && value !== 'error')

/** A message as it reaches the other side. */
function received(message: SwitchMessage): HttpRequest {
  const { method, path, headers, body } = message
  return { method, path, headers, bytes: Buffer.from(body, 'utf8') }
}
