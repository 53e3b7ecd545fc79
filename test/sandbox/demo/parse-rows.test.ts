import { describe, expect, it } from '@jest/globals'
import { demoHeader, expectedText, parseDemoRows } from '../../../sandbox/demo/parse-rows.ts'

function file(...lines: readonly string[]): string {
  return [demoHeader, ...lines].join('\n')
}

describe('parseDemoRows', () => {
  it('reads a row as it stands, right or wrong', () => {
    const [row] = parseDemoRows(file('r1,heron,254710000001,254720000001,-1.0,XYZ,400'))
    expect(row).toEqual({
      line: 2,
      id: 'r1',
      payerFsp: 'heron',
      payerMsisdn: '254710000001',
      payeeMsisdn: '254720000001',
      amount: '-1.0',
      currency: 'XYZ',
      expected: { kind: 'status', status: 400 },
    })
  })

  it.each(['COMMITTED', 'ABORTED', '4000', '422'])('knows the expectation %s', (expected) => {
    const [row] = parseDemoRows(file(`r1,heron,1,2,1,KES,${expected}`))
    expect(row && expectedText(row.expected)).toBe(expected)
  })

  it('lists every faulty line of a file', () => {
    const text = file(
      'r1,heron,1,2,1,KES,COMMITED',
      'r2,heron,1,2,1,KES',
      ',he ron,1,2,1,KES,4000',
      'r1,heron,1,2,1,KES,200',
    )
    expect(() => parseDemoRows(text)).toThrow(
      [
        'line 2: expected is "COMMITED", which is none of COMMITTED, ABORTED, a four-digit FSPIOP code, an HTTP status of refusal',
        'line 3: 6 fields, where the header has 7',
        'line 4: the id is empty',
        'line 4: payerFsp must be printable ASCII without spaces',
        'line 5: expected is "200", which is none of COMMITTED, ABORTED, a four-digit FSPIOP code, an HTTP status of refusal',
        'line 5: the id r1 stands on line 2 already',
      ].join('\n'),
    )
  })

  it('refuses another header, and a file without rows', () => {
    expect(() => parseDemoRows('id,payer\n1,2\n')).toThrow(/line 1: the header must be id,payerFsp/)
    expect(() => parseDemoRows('')).toThrow(/line 1: the header/)
    expect(() => parseDemoRows(file())).toThrow('there is no row after the header')
  })
})
