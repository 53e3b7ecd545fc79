import { createRequire } from 'node:module'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  conditionOf,
  fulfilmentOf,
  ilpAddress,
  readPacket,
  writePacket,
} from '../../../../sandbox/bank/fspiop/ilp.ts'

// What the scheme's own library reads and writes is the measure; the bank itself does without it.
const { Ilp } = createRequire(import.meta.url)('@mojaloop/sdk-standard-components')

const silent = { isDebugEnabled: false, debug: () => undefined, push: () => silent } as any

const account = ilpAddress('kingfisher', { type: 'MSISDN', id: '254740000001' })

describe('ILP v1 packets', () => {
  it('address a party in lower case', () => {
    expect(account).toBe('g.kingfisher.msisdn.254740000001')
  })

  it('are laid out in OER: type, length, amount, address, data, no extensions', () => {
    const packet = writePacket({ amount: 10_050n, account: 'g.a', transaction: '{}' })
    const hex = Buffer.from(packet, 'base64url').toString('hex')
    // 01 = IlpPayment, 11 = 17 bytes follow; 8 of amount; "g.a"; "e30" = base64url of {}.
    expect(hex).toBe('0111' + '0000000000002742' + '03672e61' + '03653330' + '00')
  })

  it('write lengths over 127 with the number of their bytes', () => {
    const transaction = JSON.stringify({ note: 'x'.repeat(300) })
    const bytes = Buffer.from(writePacket({ amount: 1n, account, transaction }), 'base64url')
    expect(bytes.subarray(0, 2).toString('hex')).toBe('0182')
    expect(bytes.readUInt16BE(2)).toBe(bytes.length - 4)
  })

  it('come back as they were written, whatever the amount and the length', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), fc.string({ maxLength: 400 }), (amount, note) => {
        const payment = { amount, account, transaction: JSON.stringify({ note }) }
        expect(readPacket(writePacket(payment))).toEqual(payment)
      }),
    )
  })

  it('do not hold what is more than 64 bits', () => {
    expect(() => writePacket({ amount: 2n ** 64n, account, transaction: '{}' })).toThrow()
    expect(() => writePacket({ amount: -1n, account, transaction: '{}' })).toThrow()
  })

  it('cut off anywhere are not read', () => {
    const packet = Buffer.from(writePacket({ amount: 5n, account, transaction: '{}' }), 'base64url')
    for (let length = 0; length < packet.length; length++) {
      expect(readPacket(packet.subarray(0, length).toString('base64url'))).toBeUndefined()
    }
  })

  it('of another type are not read', () => {
    expect(readPacket(Buffer.of(12, 3, 1, 2, 3).toString('base64url'))).toBeUndefined()
  })

  it("are what the scheme's library makes of the same quote, and it opens ours", () => {
    const ilp = Ilp.ilpFactory(Ilp.ILP_VERSIONS.v1, { secret: 'a secret', logger: silent })
    const transaction = {
      quoteId: '11111111-1111-4111-8111-111111111111',
      transactionId: '22222222-2222-4222-8222-222222222222',
      transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
      payee: {
        partyIdInfo: {
          partyIdType: 'MSISDN',
          partyIdentifier: '254740000001',
          fspId: 'kingfisher',
        },
      },
      payer: {
        partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier: '254710000001', fspId: 'heron' },
      },
      amount: { amount: '100.5', currency: 'KES' },
    }
    const ours = writePacket({ amount: 10_050n, account, transaction: JSON.stringify(transaction) })
    expect(ilp.getTransactionObject(ours)).toEqual(transaction)
    const terms = { transferAmount: { amount: '100.5', currency: 'KES' } }
    const theirs = readPacket(ilp.getResponseIlp(transaction, terms).ilpPacket)
    expect(theirs).toMatchObject({ amount: 10_050n, account })
  })
})

describe('conditions', () => {
  it('are 43 characters, and the same packet and secret make the same ones', () => {
    const packet = writePacket({ amount: 5n, account, transaction: '{}' })
    const fulfilment = fulfilmentOf(packet, 'secret')
    expect(fulfilment).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(fulfilmentOf(packet, 'secret')).toBe(fulfilment)
    expect(fulfilmentOf(packet, 'another')).not.toBe(fulfilment)
    expect(conditionOf(fulfilment)).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })

  it('are SHA-256 of the 32 bytes of the fulfilment', () => {
    // SHA-256 of 32 zero bytes.
    const hex = '66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925'
    const zeros = Buffer.alloc(32).toString('base64url')
    expect(conditionOf(zeros)).toBe(Buffer.from(hex, 'hex').toString('base64url'))
  })
})
