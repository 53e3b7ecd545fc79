import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  amountLiteral,
  exactJsonText,
  parseExactJson,
  plainDecimal,
} from '../../../connectors/fineract/exact-json.ts'
import { formatAmount, moneyOf } from '../../../hub/domain/money.ts'

describe('JSON with exact numbers', () => {
  it.each([
    ['10.50', 'KES', '10.5'],
    ['999999999999999999.99', 'KES', '999999999999999999.99'],
    ['0.1', 'KES', '0.1'],
    ['35', 'UGX', '35'],
    ['1.005', 'TND', '1.005'],
  ])('writes %s %s as the number %s', (amount, currency, literal) => {
    const text = exactJsonText({ amount: amountLiteral(moneyOf({ amount, currency })) })
    expect(text).toBe(`{"amount":${literal}}`)
  })

  it('writes strings, lists and members, and leaves out what is undefined', () => {
    const value = { a: 'q"\\\n', b: undefined, c: [{ d: { literal: '1' } }, 'e'] }
    expect(exactJsonText(value)).toBe('{"a":"q\\"\\\\\\n","c":[{"d":1},"e"]}')
  })

  it('reads each number as its digits', () => {
    const text =
      '{"a":9007199254740993,"b":-0.10,"c":[1E+2,2.5e-3],"d":"7 \\"8\\" 9","e":true,"f":null}'
    expect(parseExactJson(text)).toEqual({
      a: '9007199254740993',
      b: '-0.10',
      c: ['1E+2', '2.5e-3'],
      d: '7 "8" 9',
      e: true,
      f: null,
    })
  })

  it.each(['', '{', '<html>', '{"a":}', '{"a":"b}'])('reads nothing from %j', (text) => {
    expect(parseExactJson(text)).toBeUndefined()
  })

  it('reads whatever JSON there is, but for its numbers, as JSON.parse does', () => {
    const json = fc.jsonValue({ maxDepth: 3 })
    fc.assert(
      fc.property(json, (value) => {
        const text = JSON.stringify(value)
        const quoted = JSON.parse(text, (_, each) =>
          typeof each === 'number' ? JSON.stringify(each) : each,
        )
        expect(parseExactJson(text)).toEqual(quoted)
      }),
    )
  })

  it.each([
    ['10000.000000', '10000'],
    ['10.50', '10.5'],
    ['1E+2', '100'],
    ['1.05E+3', '1050'],
    ['12345E-2', '123.45'],
    ['5e-3', '0.005'],
    ['0E-6', '0'],
    ['0', '0'],
    ['007', '7'],
    ['-1.50', '-1.5'],
    ['9007199254740993', '9007199254740993'],
  ])('writes the number %s plainly as %s', (literal, plain) => {
    expect(plainDecimal(literal)).toBe(plain)
  })

  it.each(['', 'x', '1.', '.5', '1E+200', '1 '])('finds no number in %j', (literal) => {
    expect(plainDecimal(literal)).toBeUndefined()
  })

  it('keeps each amount that Fineract may write in its own way', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 15n), fc.integer({ min: 0, max: 4 }), (units, zeros) => {
        const plain = formatAmount({ minorUnits: units, currency: 'KES' })
        const scaled = `${units}${'0'.repeat(zeros)}E-${2 + zeros}`
        expect(plainDecimal(scaled)).toBe(plain)
      }),
    )
  })
})
