import { describe, expect, it } from '@jest/globals'
import { OutcomeUnknown, Unavailable } from '../../../hub/connector.ts'
import { isRefusal, refusal } from '../../../hub/domain/refusal.ts'
import type { TransferState } from '../../../hub/domain/transfer.ts'
import type { Variables } from '../../../hub/engine/engine.ts'
import { createPayerTransferJobs } from '../../../workflows/payer-transfer/jobs.ts'
import { aLegBench, type LegBench } from '../../support/leg-bench.ts'
import { anAttempt, kes } from '../../support/store-values.ts'

const no = refusal('payee-blocked', 'frozen')

async function run(bench: LegBench, type: string): Promise<Variables> {
  const answer = await createPayerTransferJobs(bench.ports)[type]!(bench.variables)
  if (isRefusal(answer)) return { refused: answer.reason }
  return answer
}

function movesOf({ core }: LegBench): readonly string[] {
  return core.calls.map(({ move }) => move)
}

const within = { facts: { payeeAccount: { accountId: 'account-2' } } } as const
const committed = ['commit-decided', 'booking-owed', 'committed'] as const

describe.each(committed)('a leg that is %s', (state: TransferState) => {
  it('is not released, though its hold is still there', async () => {
    const bench = await aLegBench(state)
    bench.core.shows.payer = 'held'
    await expect(run(bench, 'release-funds')).rejects.toThrow(`a leg that is ${state}`)
    expect(movesOf(bench)).toEqual([])
    expect(await bench.problems()).toEqual([])
  })

  it('is led to its booking by a reservation or a prepare that runs again, and nothing leaves', async () => {
    const bench = await aLegBench(state)
    bench.core.shows.payer = 'held'
    expect(await run(bench, 'reserve-funds')).toEqual({ next: 'held' })
    expect(await run(bench, 'prepare-transfer')).toMatchObject({ next: 'wait' })
    expect(await run(bench, 'judge-transfer')).toEqual({ next: 'commit' })
    expect([...movesOf(bench), ...bench.sent]).toEqual([])
  })
})

it.each([...committed, 'reserved', 'aborted'] as TransferState[])(
  'a workflow that is started once more for a leg that is %s ends at once and changes nothing',
  async (state) => {
    const bench = await aLegBench(state)
    const before = await bench.leg()
    expect(await run(bench, 'find-payer')).toEqual({ refused: 'request-modified' })
    await run(bench, 'abort-transfer')
    const after = await bench.leg()
    expect({ state: after.state, fee: after.facts.fee }).toEqual({ state, fee: before.facts.fee })
    expect(bench.told).toEqual([])
  },
)

it('a POST that is to be repeated never leaves once the expiration has passed meanwhile', async () => {
  const bench = await aLegBench('reserved')
  const { key, facts } = await bench.leg()
  const message = { method: 'POST', path: '/transfers', headers: {}, body: '{}' }
  await bench.store.step((tx) =>
    tx.attempts.insert(anAttempt({ key, step: 'prepare-transfer', message })),
  )
  const expiresAt = facts.expiresAt ?? 0
  const times = [expiresAt - 1, expiresAt]
  const clock = { ...bench.clock, now: () => times.shift() ?? expiresAt }
  await createPayerTransferJobs({ ...bench.ports, clock })['ask-outcome']!(bench.variables)
  expect(bench.sent).toEqual([])
  expect(await run(bench, 'ask-outcome')).toMatchObject({ next: 'wait' })
  expect(bench.sent).toEqual(['POST /transfers'])
})

it('a price that comes late does not change the fee that was held', async () => {
  const bench = await aLegBench('reserved', { facts: { fee: kes('2') } })
  await run(bench, 'price-transfer')
  expect((await bench.leg()).facts.fee).toEqual(kes('2'))
})

it('giving up waiting for the core does not release what another run has reserved and sent', async () => {
  const bench = await aLegBench('quoted')
  const { key } = await bench.leg()
  bench.core.answer('reserve', new OutcomeUnknown('no answer'), no)
  await expect(run(bench, 'reserve-funds')).rejects.toThrow(OutcomeUnknown)
  bench.core.meanwhile('reserve', () =>
    bench.store.step(async (tx) => {
      const leg = await tx.transfers.find(key)
      await tx.transfers.save({ ...leg!, state: 'unknown' })
      await tx.attempts.insert(anAttempt({ key, step: 'prepare-transfer' }))
    }),
  )
  await run(bench, 'reserve-funds')
  expect((await bench.leg()).state).toBe('unknown')
})

it('a reservation that was refused is refused again after a crash, and nothing is held', async () => {
  const bench = await aLegBench('quoted')
  bench.core.answer('reserve', no)
  expect(await run(bench, 'reserve-funds')).toEqual({ refused: 'payee-blocked' })
  expect(await run(bench, 'reserve-funds')).toEqual({ refused: 'payee-blocked' })
  expect(movesOf(bench)).toEqual(['reserve'])
})

describe('within one FSP', () => {
  it('a no to the credit releases nothing while another credit is on its way', async () => {
    const bench = await aLegBench('reserved', within)
    bench.core.answer('credit', no, new OutcomeUnknown('no answer'))
    bench.core.meanwhile('credit', () => expect(run(bench, 'credit-within')).rejects.toThrow())
    await expect(run(bench, 'credit-within')).rejects.toThrow(OutcomeUnknown)
    expect((await bench.leg()).state).toBe('reserved')
  })

  it('nothing is credited once the release is decided', async () => {
    const bench = await aLegBench('reserved', within)
    bench.core.answer('credit', no)
    expect(await run(bench, 'credit-within')).toEqual({ next: 'release' })
    expect(await run(bench, 'credit-within')).toEqual({ next: 'release' })
    expect(movesOf(bench)).toEqual(['credit'])
  })

  it('nor when it is decided between reading the leg and sending', async () => {
    const bench = await aLegBench('reserved', within)
    const { key } = await bench.leg()
    const decide = async (): Promise<void> =>
      bench.store.step(async (tx) => {
        const leg = await tx.transfers.find(key)
        await tx.transfers.save({ ...leg!, state: 'release-decided' })
      })
    const { store } = bench.ports
    let steps = 0
    const late = {
      ...store,
      step: async <T>(work: Parameters<typeof store.step<T>>[0]): Promise<T> => {
        if (++steps === 2) await decide()
        return store.step(work)
      },
    }
    const ports = { ...bench.ports, store: late }
    const credit = createPayerTransferJobs(ports)['credit-within']!
    await expect(credit(bench.variables)).rejects.toThrow(Unavailable)
    expect(movesOf(bench)).toEqual([])
  })
})

it('a POST that was refused has left, also when the store could not take the refusal down', async () => {
  const bench = await aLegBench('reserved')
  const { key } = await bench.leg()
  const { store, switchOf } = bench.ports
  let isFull = false
  const deliver = async () => {
    isFull = true
    return no
  }
  const full = {
    ...store,
    step: async <T>(work: Parameters<typeof store.step<T>>[0]): Promise<T> => {
      const isRefused = isFull
      isFull = false
      if (isRefused) throw new Unavailable('the disk is full')
      return store.step(work)
    },
  }
  const peer = { ...switchOf('heron'), deliver }
  const ports = { ...bench.ports, store: full, switchOf: () => peer }
  const prepare = createPayerTransferJobs(ports)['prepare-transfer']!
  await expect(prepare(bench.variables)).rejects.toThrow('the disk is full')
  const attempt = await bench.store.step((tx) => tx.attempts.latest(key, 'prepare-transfer'))
  expect(attempt).toMatchObject({ tries: 1 })
  await bench.clock.jump(31_000)
  expect(await run(bench, 'prepare-transfer')).toMatchObject({ next: 'wait' })
  expect((await bench.leg()).state).toBe('reserved')
})
