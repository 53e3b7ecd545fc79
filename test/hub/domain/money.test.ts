import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { isCurrency } from '../../../hub/domain/currency.ts'
import {
  addMoney,
  formatAmount,
  moneyOf,
  parseMoney,
  subtractMoney,
  wireMoney,
} from '../../../hub/domain/money.ts'
import { isRefusal } from '../../../hub/domain/refusal.ts'

const kes = (amount: string) => moneyOf({ amount, currency: 'KES' })

describe('parseMoney', () => {
  it.each([
    ['0', 'KES', 0n],
    ['10', 'KES', 1000n],
    ['10.5', 'KES', 1050n],
    ['10.50', 'KES', 1050n],
    ['10.500', 'KES', 1050n],
    ['500000', 'UGX', 500000n],
    ['5.0', 'UGX', 5n],
    ['1.005', 'TND', 1005n],
    ['999999999999999999', 'UGX', 999999999999999999n],
  ])('reads %s %s', (amount, currency, minorUnits) => {
    expect(parseMoney({ amount, currency })).toEqual({ minorUnits, currency })
  })

  it.each([
    ['1.005', 'KES'],
    ['10.5', 'UGX'],
    ['-1', 'KES'],
    ['1e3', 'KES'],
    ['01', 'KES'],
    ['.5', 'KES'],
    ['5.', 'KES'],
    [' 5', 'KES'],
    ['1.00000', 'KES'],
    ['', 'KES'],
    ['9999999999999999999', 'KES'],
    ['1', 'kes'],
    ['1', 'ZZZ'],
  ])('refuses %j %s with 3101', (amount, currency) => {
    const no = parseMoney({ amount, currency })
    expect(isRefusal(no) && no.errorCode).toBe('3101')
  })

  it('gives back every amount that it wrote, in every currency', () => {
    const currencies = Intl.supportedValuesOf('currency').filter(isCurrency)
    fc.assert(
      fc.property(
        fc.bigInt(0n, 10n ** 15n),
        fc.constantFrom(...currencies),
        (minorUnits, currency) => {
          expect(parseMoney(wireMoney({ minorUnits, currency }))).toEqual({ minorUnits, currency })
        },
      ),
    )
  })
})

describe('formatAmount', () => {
  it.each([
    [0n, 'KES', '0'],
    [5n, 'KES', '0.05'],
    [50n, 'KES', '0.5'],
    [1000n, 'KES', '10'],
    [1050n, 'KES', '10.5'],
    [-105n, 'KES', '-1.05'],
    [7n, 'UGX', '7'],
    [1n, 'TND', '0.001'],
  ])('writes %s of %s as FSPIOP does, without trailing zeros', (minorUnits, currency, amount) => {
    expect(formatAmount({ minorUnits, currency })).toBe(amount)
  })
})

describe('sums', () => {
  it('adds and subtracts exactly', () => {
    expect(addMoney(kes('0.1'), kes('0.2'))).toEqual(kes('0.3'))
    expect(subtractMoney(kes('0.3'), kes('0.1'))).toEqual(kes('0.2'))
  })

  it('never mixes currencies', () => {
    expect(() => addMoney(kes('1'), moneyOf({ amount: '1', currency: 'UGX' }))).toThrow(
      'cannot add',
    )
  })
})
