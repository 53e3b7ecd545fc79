import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Money } from '../../../hub/domain/money.ts'
import type { TransferFacts } from '../../../hub/domain/transfer-record.ts'
import { callbackJson, factsJson, orderJson, outboxJson } from '../../../hub/store/row-json.ts'
import { aTransfer, kes } from '../../support/store-values.ts'

const money: fc.Arbitrary<Money> = fc.record({
  minorUnits: fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }),
  currency: fc.constantFrom('KES', 'UGX', 'TND'),
})
const words = fc.string({ unit: 'binary', maxLength: 20 })

describe('values in text columns', () => {
  it('gives every amount back exactly, whatever its currency and neighbours', () => {
    const facts = fc.record({
      fee: money,
      fulfilment: words,
      asked: fc.nat(),
      transferAmount: money,
      name: words,
    })
    fc.assert(
      fc.property(facts, ({ fee, transferAmount, name, ...rest }) => {
        const terms = {
          transferAmount,
          payeeFspFee: fee,
          expiresAt: 1,
          ilpPacket: name,
          condition: '',
        }
        const value: TransferFacts = { ...rest, fee, terms, account: { accountId: name } }
        expect(factsJson.decode(factsJson.encode(value))).toEqual(value)
      }),
    )
  })

  it('writes amounts as decimal strings', () => {
    const text = factsJson.encode({ fee: kes('10.50') })
    expect(JSON.parse(text)).toEqual({ fee: { amount: '10.5', currency: 'KES' } })
  })

  it('keeps an order and a callback as they are', () => {
    const { order } = aTransfer()
    expect(orderJson.decode(orderJson.encode(order))).toEqual(order)
    const callback = {
      kind: 'transfer-prepared',
      source: 'switch',
      answeredAt: 5,
      prepare: {
        transferId: 't',
        payerFspId: 'heron',
        payeeFspId: 'weaver',
        amount: kes('9999999999999999.99'),
        ilpPacket: '{"amount":"x"}',
        condition: 'c',
        expiresAt: 6,
      },
    } as const
    expect(callbackJson.decode(callbackJson.encode(callback))).toEqual(callback)
  })

  it('leaves what looks like money in a message alone', () => {
    const message = {
      name: 'n',
      correlationKey: 'k',
      messageId: 'm',
      variables: { amount: { amount: '10.5', currency: 'KES' } },
      ttlMs: 1,
    }
    const entry = { kind: 'message', message } as const
    expect(outboxJson.decode(outboxJson.encode(entry))).toEqual(entry)
  })

  it('refuses to write negative money', () => {
    const fee = { minorUnits: -1n, currency: 'KES' }
    expect(() => factsJson.encode({ fee })).toThrow('negative money')
  })
})
