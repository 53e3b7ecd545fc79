import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { decimalOf, isCurrency, minorUnitsOf } from '../../sandbox/money.ts'

describe('the money of the sandbox', () => {
  it.each([
    ['10.5', 'KES', 1050n],
    ['10.50', 'KES', 1050n],
    ['10.500000', 'KES', 1050n],
    ['-0.01', 'KES', -1n],
    ['500000', 'UGX', 500_000n],
    ['500000.00', 'UGX', 500_000n],
  ])('reads %s %s', (text, currency, units) => {
    expect(minorUnitsOf(text, currency)).toBe(units)
  })

  it.each([
    ['10.505', 'KES'],
    ['0.5', 'UGX'],
    ['1e3', 'KES'],
    ['', 'KES'],
    ['.5', 'KES'],
    ['1,000', 'KES'],
  ])('does not read %s %s', (text, currency) => {
    expect(minorUnitsOf(text, currency)).toBeUndefined()
  })

  it('writes what it reads, for any amount', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n }), (units) => {
        for (const currency of ['KES', 'UGX']) {
          expect(minorUnitsOf(decimalOf(units, currency), currency)).toBe(units)
        }
      }),
    )
    expect(decimalOf(5n, 'KES')).toBe('0.05')
    expect(decimalOf(-1050n, 'KES')).toBe('-10.50')
    expect(decimalOf(7n, 'UGX')).toBe('7')
  })

  it('knows the currencies of the lab and no inherited property', () => {
    expect([isCurrency('UGX'), isCurrency('XXX'), isCurrency('toString')]).toEqual([
      true,
      false,
      false,
    ])
  })
})
