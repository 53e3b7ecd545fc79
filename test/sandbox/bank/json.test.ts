import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { jsonNumber, readExactJson, writeJson } from '../../../sandbox/bank/fineract/json.ts'

function read(text: string): unknown {
  return readExactJson(Buffer.from(text))
}

describe('the JSON of the Fineract face', () => {
  it('reads numbers with the digits of the wire', () => {
    expect(read('{"a":10.10,"b":[9007199254740993,-0.50],"c":"10.10","d":1e3}')).toEqual({
      a: '10.10',
      b: ['9007199254740993', '-0.50'],
      c: '10.10',
      d: '1e3',
    })
  })

  it('leaves digits inside strings and names alone', () => {
    expect(read('{"a 1.5":"x 2.5 \\" 3.5", "b\\\\":1}')).toEqual({
      'a 1.5': 'x 2.5 " 3.5',
      'b\\': '1',
    })
  })

  it.each([
    '{"a":01}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":1 2}',
    '{1:2}',
    '{12:2}',
    '{"a":+1}',
    '{',
    '',
  ])('reads nothing from %s, which is no JSON', (text) => {
    expect(read(text)).toBeUndefined()
  })

  it('reads what JSON.parse reads, numbers apart', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const strings = JSON.stringify(value, (_, each: unknown) =>
          typeof each === 'number' ? JSON.stringify(each) : each,
        )
        expect(read(JSON.stringify(value))).toEqual(JSON.parse(strings))
      }),
    )
  })

  it('writes amounts digit by digit and leaves out what is undefined', () => {
    const value = { amount: jsonNumber('10.10'), id: 9007199254740993n, none: undefined, nil: null }
    expect(writeJson({ ...value, list: [true, 'a"b', []] })).toBe(
      '{"amount":10.10,"id":9007199254740993,"nil":null,"list":[true,"a\\"b",[]]}',
    )
  })
})
