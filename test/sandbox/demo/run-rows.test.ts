import { describe, expect, it } from '@jest/globals'
import { runRows } from '../../../sandbox/demo/run-rows.ts'
import type { Outcome } from '../../../sandbox/demo/outcome.ts'
import { aRow } from './support.ts'

const committed: Outcome = { kind: 'ended', transferId: 't', state: 'COMMITTED' }

function rowsOf(...payers: readonly string[]) {
  return payers.map((payerMsisdn, index) => aRow({ id: `r${index}`, payerMsisdn }))
}

describe('runRows', () => {
  it("runs one payer's rows in file order, and different payers' at once", async () => {
    const started: string[] = []
    const waiting: ((outcome: Outcome) => void)[] = []
    const done = runRows(rowsOf('a', 'a', 'b'), {
      payersInFlightMax: 8,
      send: (row) => {
        started.push(row.id)
        return new Promise((resolve) => waiting.push(resolve))
      },
    })
    expect(started).toEqual(['r0', 'r2'])
    waiting[1]!(committed)
    waiting[0]!(committed)
    while (started.length < 3) await Promise.resolve()
    expect(started).toEqual(['r0', 'r2', 'r1'])
    waiting[2]!(committed)
    expect((await done).map(({ row }) => row.id)).toEqual(['r0', 'r1', 'r2'])
  })

  it('keeps at most so many payers in flight, and tells of each end', async () => {
    let inFlight = 0
    let most = 0
    const counts: number[] = []
    await runRows(rowsOf('a', 'b', 'c', 'd', 'e'), {
      payersInFlightMax: 2,
      send: async () => {
        most = Math.max(most, ++inFlight)
        await Promise.resolve()
        inFlight--
        return committed
      },
      ended: (_result, count) => counts.push(count),
    })
    expect(most).toBe(2)
    expect(counts).toEqual([1, 2, 3, 4, 5])
  })
})
