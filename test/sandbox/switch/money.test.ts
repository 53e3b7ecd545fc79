import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { canonical, parametersHash } from '../../../sandbox/switch/fspiop/canonical.ts'
import { amountOf, decimalsOf, minorUnitsOf } from '../../../sandbox/switch/ledger/money.ts'

describe('money at the switch', () => {
  it.each([
    ['KES', 2],
    ['UGX', 0],
    ['TZS', 2],
    ['TND', 3],
    ['RWF', 0],
    ['XXX', 2],
  ])('%s has %s decimals', (currency, decimals) => {
    expect(decimalsOf(currency)).toBe(decimals)
  })

  it.each([
    ['10.5', 'KES', 1050n],
    ['0.01', 'KES', 1n],
    ['10.50', 'KES', 1050n],
    ['-10.5', 'KES', -1050n],
    ['999999999999999999', 'UGX', 999_999_999_999_999_999n],
    ['1.005', 'KES', undefined],
    ['1.5', 'UGX', undefined],
    ['1e3', 'KES', undefined],
    ['', 'KES', undefined],
  ])('%s %s is %s minor units', (amount, currency, units) => {
    expect(minorUnitsOf(amount, currency)).toBe(units)
  })

  it('comes back from text as it went, without zeros at the end', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }),
        fc.constantFrom('KES', 'UGX', 'TND'),
        (units, currency) => {
          const text = amountOf(units, currency)
          expect(minorUnitsOf(text, currency)).toBe(units)
          expect(text).toMatch(/^-?(0|[1-9]\d*)(\.\d{0,3}[1-9])?$/)
        },
      ),
    )
  })
})

describe('the hash of parameters', () => {
  it('does not depend on the order of keys, and depends on everything else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
    const one = parametersHash({ a: 1, b: { c: [1, 2], d: 'x' } })
    expect(parametersHash({ b: { d: 'x', c: [1, 2] }, a: 1 })).toBe(one)
    expect(parametersHash({ b: { d: 'x', c: [2, 1] }, a: 1 })).not.toBe(one)
    expect(parametersHash({ b: { d: 'y', c: [1, 2] }, a: 1 })).not.toBe(one)
  })
})
