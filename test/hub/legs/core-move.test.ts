import { describe, expect, it } from '@jest/globals'
import { OutcomeUnknown, Unavailable } from '../../../hub/connector.ts'
import { refusal } from '../../../hub/domain/refusal.ts'
import { moveAtCore, type CoreAnswer, type CoreMove } from '../../../hub/legs/core-move.ts'
import { aLegBench, type LegBench } from '../../support/leg-bench.ts'
import { kes } from '../../support/store-values.ts'

const reserve: CoreMove = {
  step: 'reserve-funds',
  role: 'payer',
  accountId: 'account-1',
  amount: kes('10.50'),
  fee: kes('1'),
  reached: 'held',
  call: (ledger, move) => ledger.reserve(move),
}

const no = refusal('payer-blocked', 'frozen')
const unknown = new OutcomeUnknown('no answer')

async function move(bench: LegBench): Promise<CoreAnswer> {
  return moveAtCore(bench.ports, await bench.leg(), reserve)
}

async function attemptOf({ store, leg }: LegBench) {
  const { key } = await leg()
  return store.step((tx) => tx.attempts.latest(key, 'reserve-funds'))
}

describe('an attempt whose outcome is unknown', () => {
  it('keeps its key while an earlier request may still arrive', async () => {
    const bench = await aLegBench('quoted')
    bench.core.answer('reserve', unknown, unknown)
    await expect(move(bench)).rejects.toThrow(OutcomeUnknown)
    await bench.clock.advance(29_000)
    await expect(move(bench)).rejects.toThrow(OutcomeUnknown)
    expect(new Set(bench.core.calls.map(({ key }) => key)).size).toBe(1)
    expect(await attemptOf(bench)).toMatchObject({ attempt: 1, tries: 2, outcome: 'open' })
  })

  it('gives way to another, with a key of its own, once none can: a core keeps its failures by key', async () => {
    const bench = await aLegBench('quoted')
    const { calls } = bench.core
    const failsByKey = ({ idempotencyKey }: { idempotencyKey: string }) =>
      idempotencyKey === calls[0]?.key ? unknown : ('done' as const)
    bench.core.answer('reserve', failsByKey, failsByKey, failsByKey)
    await expect(move(bench)).rejects.toThrow(OutcomeUnknown)
    await bench.clock.advance(30_001)
    expect(await move(bench)).toBe('done')
    expect(await attemptOf(bench)).toMatchObject({ attempt: 2, tries: 1, outcome: 'done' })
  })

  it('is found done when the core shows it, however late', async () => {
    const bench = await aLegBench('quoted')
    bench.core.answer('reserve', unknown)
    await expect(move(bench)).rejects.toThrow(OutcomeUnknown)
    await bench.clock.advance(60_000)
    bench.core.shows.payer = 'held'
    expect(await move(bench)).toBe('done')
    expect(bench.core.calls).toHaveLength(1)
  })

  it('is not sent, nor counted as sent, while the core cannot be read', async () => {
    const bench = await aLegBench('quoted')
    bench.core.answer('reserve', unknown)
    await expect(move(bench)).rejects.toThrow(OutcomeUnknown)
    const before = await attemptOf(bench)
    await bench.clock.advance(1_000)
    const { ledgerOf } = bench.ports
    const deaf = {
      ...ledgerOf('heron'),
      outcome: () => Promise.reject(new Unavailable('cannot be read')),
    }
    const run = moveAtCore({ ...bench.ports, ledgerOf: () => deaf }, await bench.leg(), reserve)
    await expect(run).rejects.toThrow(Unavailable)
    expect(await attemptOf(bench)).toEqual(before)
  })
})

describe('two runs of one job at once', () => {
  it('a no to the one is not certain while the other is on its way', async () => {
    const bench = await aLegBench('quoted')
    bench.core.answer('reserve', no, unknown)
    bench.core.meanwhile('reserve', () => expect(move(bench)).rejects.toThrow(OutcomeUnknown))
    expect(await move(bench)).toEqual({ refusal: no, certain: false })
    expect(await attemptOf(bench)).toMatchObject({ outcome: 'open' })
  })

  it('what the other has done stays done', async () => {
    const bench = await aLegBench('quoted')
    bench.core.answer('reserve', no, 'done')
    bench.core.meanwhile('reserve', () => expect(move(bench)).resolves.toBe('done'))
    expect(await move(bench)).toBe('done')
    expect(await attemptOf(bench)).toMatchObject({ outcome: 'done' })
  })

  it('one that could not leave takes nothing from the count of the other', async () => {
    const bench = await aLegBench('quoted')
    bench.core.answer('reserve', new Unavailable('refused'), unknown)
    bench.core.meanwhile('reserve', () => expect(move(bench)).rejects.toThrow(OutcomeUnknown))
    await expect(move(bench)).rejects.toThrow(Unavailable)
    expect(await attemptOf(bench)).toMatchObject({ tries: 1, outcome: 'open' })
    expect((await attemptOf(bench))?.sentAt).toBeDefined()
  })
})

describe('a no', () => {
  it('to the only try is certain, and the next attempt has its own key', async () => {
    const bench = await aLegBench('quoted')
    bench.core.answer('reserve', no)
    expect(await move(bench)).toEqual({ refusal: no, certain: true })
    expect(await move(bench)).toBe('done')
    const [first, second] = bench.core.calls
    expect(first?.key).not.toBe(second?.key)
  })

  it('to a repeat is not, until no earlier copy can arrive', async () => {
    const bench = await aLegBench('quoted')
    bench.core.answer('reserve', unknown, no, no)
    await expect(move(bench)).rejects.toThrow(OutcomeUnknown)
    expect(await move(bench)).toEqual({ refusal: no, certain: false })
    await bench.clock.advance(30_001)
    expect(await move(bench)).toEqual({ refusal: no, certain: true })
  })
})
