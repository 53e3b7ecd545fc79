import { describe, expect, it } from '@jest/globals'
import { parseCsv } from '../../../sandbox/demo/parse-csv.ts'

describe('parseCsv', () => {
  it('splits records and fields, and knows on which line each starts', () => {
    expect(parseCsv('a,b\n1,\n\n2,x\n')).toEqual([
      { line: 1, fields: ['a', 'b'] },
      { line: 2, fields: ['1', ''] },
      { line: 4, fields: ['2', 'x'] },
    ])
  })

  it('reads quoted fields with commas, quotes and line ends in them', () => {
    expect(parseCsv('"a, b","she said ""no""","two\nlines"\nnext,1,2')).toEqual([
      { line: 1, fields: ['a, b', 'she said "no"', 'two\nlines'] },
      { line: 3, fields: ['next', '1', '2'] },
    ])
  })

  it('reads what a spreadsheet writes: a byte order mark and CRLF', () => {
    expect(parseCsv('\uFEFFa,"b"\r\n1,2\r\n')).toEqual([
      { line: 1, fields: ['a', 'b'] },
      { line: 2, fields: ['1', '2'] },
    ])
  })

  it.each([
    ['a\nb,"c', 'line 2: a quoted field that does not end'],
    ['a\n\nb"c', 'line 3: a quote inside a field that does not start with one'],
    ['"a\nb"c', 'line 2: c after the quote that ends a field'],
  ])('refuses %j with its line', (text, message) => {
    expect(() => parseCsv(text)).toThrow(message)
  })
})
