import { describe, expect, it } from '@jest/globals'
import { createFees } from '../../../sandbox/bank/ledger/fees.ts'

const feeOf = createFees({
  rounding: 'half-even',
  perCurrency: { KES: { flat: '3.00', percent: '0.25' }, UGX: { flat: '100', percent: '0.4' } },
})

describe('a price list', () => {
  it('adds the flat part and the percentage', () => {
    expect(feeOf(10_000n, 'KES')).toBe(325n)
    expect(feeOf(50_000n, 'UGX')).toBe(300n)
  })

  it.each([
    [200n, 300n, '0.5 cents, to the even 0'],
    [600n, 302n, '1.5 cents, to the even 2'],
    [1_000n, 302n, '2.5 cents, to the even 2'],
    [1_001n, 303n, '2.5025 cents, up'],
    [999n, 302n, '2.4975 cents, down'],
  ])('rounds the fee on %d cents to %d (%s)', (amount, fee) => {
    expect(feeOf(amount, 'KES')).toBe(fee)
  })

  it('is exact where a float is not', () => {
    expect(feeOf(90_071_992_547_409_931n, 'KES')).toBe(300n + 225_179_981_368_525n)
  })

  it('charges nothing in a currency without a price', () => {
    expect(feeOf(10_000n, 'USD')).toBe(0n)
  })
})
