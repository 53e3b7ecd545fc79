import { describe, expect, it } from '@jest/globals'
import { OutcomeUnknown } from '../../../hub/connector.ts'
import { refusal } from '../../../hub/domain/refusal.ts'
import type { TransferState } from '../../../hub/domain/transfer.ts'
import { book, type Booked } from '../../../hub/legs/booking.ts'
import type { CoreMove } from '../../../hub/legs/core-move.ts'
import { aLegBench, type LegBench } from '../../support/leg-bench.ts'
import { kes } from '../../support/store-values.ts'

const commit: CoreMove = {
  step: 'commit-funds',
  role: 'payer',
  accountId: 'account-1',
  amount: kes('10.50'),
  fee: kes('1'),
  reached: 'booked',
  call: (ledger, move) => ledger.commit(move),
}

const no = refusal('payer-blocked', 'frozen')
const suspense = { facts: { decision: 'suspense' } } as const

async function bookNow(bench: LegBench): Promise<Booked> {
  return book(bench.ports, await bench.leg(), commit)
}

function movesOf({ core }: LegBench): readonly string[] {
  return core.calls.map(({ move }) => move)
}

describe('what a person puts into suspense', () => {
  it('and whose answer was lost is reversed when the core books after all', async () => {
    const bench = await aLegBench('booking-owed', suspense)
    bench.core.answer('commit', no)
    bench.core.answer('suspend', new OutcomeUnknown('no answer'))
    await expect(bookNow(bench)).rejects.toThrow(OutcomeUnknown)
    expect(await bookNow(bench)).toBe('booked')
    expect(movesOf(bench)).toEqual(['commit', 'suspend', 'commit', 'suspend', 'unsuspend'])
    expect(await bench.leg()).toMatchObject({ state: 'committed', facts: { inSuspense: false } })
  })

  it('is repeated under one key, for a core has nothing else to know it by', async () => {
    const bench = await aLegBench('booking-owed', suspense)
    bench.core.answer('commit', no, no)
    bench.core.answer('suspend', new OutcomeUnknown('no answer'))
    await expect(bookNow(bench)).rejects.toThrow(OutcomeUnknown)
    await bookNow(bench)
    const keys = bench.core.calls.filter(({ move }) => move === 'suspend').map(({ key }) => key)
    expect(keys).toHaveLength(2)
    expect(new Set(keys).size).toBe(1)
    expect((await bench.leg()).facts.inSuspense).toBe(true)
  })

  it('and the core refuses is tried again under another key; the booking stays owed meanwhile', async () => {
    const bench = await aLegBench('booking-owed', suspense)
    bench.core.answer('commit', no, no)
    bench.core.answer('suspend', refusal('core-refused', 'the books are closed'))
    expect(await bookNow(bench)).toMatchObject({ record: { state: 'booking-owed' } })
    expect(await bench.problems()).toEqual(['booking-owed'])
    await bookNow(bench)
    const keys = bench.core.calls.filter(({ move }) => move === 'suspend').map(({ key }) => key)
    expect(new Set(keys).size).toBe(2)
    expect((await bench.leg()).facts.inSuspense).toBe(true)
  })

  it('is not touched by a booking that comes before it', async () => {
    const bench = await aLegBench('booking-owed', suspense)
    expect(await bookNow(bench)).toBe('booked')
    expect(movesOf(bench)).toEqual(['commit'])
  })
})

it.each(['quoted', 'reserved', 'unknown', 'release-decided', 'aborted'] as TransferState[])(
  'a leg that is %s is never booked: only a stored decision to commit moves the money',
  async (state) => {
    const bench = await aLegBench(state)
    await expect(bookNow(bench)).rejects.toThrow(`a leg that is ${state} was to be booked`)
    expect(movesOf(bench)).toEqual([])
  },
)
