import { describe, expect, it } from '@jest/globals'
import {
  isExpected,
  mismatchLine,
  tallyResults,
  type Outcome,
} from '../../../sandbox/demo/outcome.ts'
import type { Expected } from '../../../sandbox/demo/parse-rows.ts'
import { aRow } from './support.ts'

const committed: Outcome = { kind: 'ended', transferId: 't-1', state: 'COMMITTED' }
const blocked: Outcome = {
  kind: 'ended',
  transferId: 't-2',
  state: 'ABORTED',
  errorCode: '4400',
  reason: 'payer-blocked',
}
const refused: Outcome = { kind: 'refused', status: 404, words: 'who?' }
const open: Outcome = { kind: 'open', transferId: 't-3', words: 'still RESERVED' }

const wantsCommitted: Expected = { kind: 'state', state: 'COMMITTED' }
const wantsAborted: Expected = { kind: 'state', state: 'ABORTED' }
const wants4400: Expected = { kind: 'code', errorCode: '4400' }
const wants404: Expected = { kind: 'status', status: 404 }

describe('isExpected', () => {
  it.each([
    [wantsCommitted, [true, false, false, false]],
    [wantsAborted, [false, true, false, false]],
    [wants4400, [false, true, false, false]],
    [wants404, [false, false, true, false]],
    [{ kind: 'code', errorCode: '4000' } as const, [false, false, false, false]],
    [{ kind: 'status', status: 400 } as const, [false, false, false, false]],
  ])('takes for %j only what it says', (expected, answers) => {
    expect([committed, blocked, refused, open].map((each) => isExpected(expected, each))).toEqual(
      answers,
    )
  })
})

describe('tallyResults', () => {
  it('counts by expectation, and names what came instead', () => {
    const results = [
      { row: aRow({ expected: wants4400 }), outcome: blocked },
      { row: aRow({ expected: wantsCommitted }), outcome: committed },
      { row: aRow({ expected: wantsCommitted }), outcome: committed },
      { row: aRow({ expected: wantsCommitted }), outcome: open },
    ]
    expect(tallyResults(results)).toEqual([
      {
        expected: 'COMMITTED',
        rows: 3,
        right: 2,
        outcomes: [
          { text: 'COMMITTED', count: 2 },
          { text: 'no end', count: 1 },
        ],
      },
      {
        expected: '4400',
        rows: 1,
        right: 1,
        outcomes: [{ text: '4400 payer-blocked', count: 1 }],
      },
    ])
  })
})

describe('mismatchLine', () => {
  it('tells on one line what was expected, what came, and of which payment', () => {
    expect(mismatchLine({ row: aRow(), outcome: open })).toBe(
      'line 2, d001: expected COMMITTED, got no end: still RESERVED; heron 254710000001 -> 254720000001, 10 KES (transfer t-3)',
    )
    expect(mismatchLine({ row: aRow({ expected: wants4400 }), outcome: refused })).toContain(
      'expected 4400, got HTTP 404: who?;',
    )
  })
})
