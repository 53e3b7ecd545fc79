import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createSystemClock } from '../../../hub/clock.ts'
import type { LegEvent } from '../../../hub/events/event-stream.ts'
import { createStatistics } from '../../../hub/statistics/statistics.ts'
import { createSqliteStore, type SqliteStore } from '../../../hub/store/sqlite-store.ts'
import type { Store } from '../../../hub/store/store.ts'
import { legEvent } from '../../support/leg-events.ts'
import { silentLog } from '../../support/silent-log.ts'
import { anEntry, kes } from '../../support/store-values.ts'

let store: SqliteStore

beforeEach(() => {
  store = createSqliteStore({ file: ':memory:' }, { clock: createSystemClock(), log: silentLog })
})
afterEach(() => store.close())

/** Counts what it is told, over the given store. */
function counting(over: Store = store): (...events: readonly LegEvent[]) => Promise<void> {
  let take: ((events: readonly LegEvent[]) => Promise<void>) | undefined
  const subscribe = (group: string, given: NonNullable<typeof take>) => {
    expect(group).toBe('statistics')
    take = given
    return { close: () => Promise.resolve() }
  }
  createStatistics({ stream: { subscribe }, store: over, log: silentLog })
  return (...events) => take!(events)
}

const days = (fspId = 'heron') =>
  store.step((tx) => tx.statistics.days({ fspId, from: '2020-01-01', to: '2030-01-01' }))

const noon = Date.UTC(2026, 0, 31, 12)

function event(id: string, sequence: number, fields: Partial<LegEvent> & { at?: number } = {}) {
  const { at = noon, ...over } = fields
  return legEvent(id, sequence, { entry: anEntry('step', at), ...over })
}

/** A leg that is received at noon, and ends after the given time. */
function leg(id: string, end: Partial<LegEvent>, tookMs: number): readonly LegEvent[] {
  return [
    event(id, 1),
    event(id, 2, { state: 'quoted', at: noon + 1 }),
    event(id, 3, { ...end, at: noon + tookMs }),
  ]
}
const committed = { state: 'committed' } as const
const blocked = {
  state: 'aborted',
  refusal: { reason: 'payer-blocked', errorCode: '4400' },
} as const

describe('the statistics', () => {
  it('count what was received, committed with its sum, and aborted by reason', async () => {
    await counting()(
      ...leg('a', committed, 300),
      ...leg('b', committed, 700),
      ...leg('c', blocked, 20),
      event('d', 1),
    )
    expect(await days()).toEqual([
      {
        key: { fspId: 'heron', role: 'payer', currency: 'KES', day: '2026-01-31' },
        received: 4,
        committed: 2,
        amount: kes('21'),
        aborted: { 'payer-blocked': 1 },
        took: { totalMs: 1_020, longestMs: 700, within: { 50: 1, 300: 1, 700: 1 } },
      },
    ])
  })

  it('keep FSPs, roles, currencies and days apart', async () => {
    const take = counting()
    const key = { transferId: 'a', fspId: 'heron', role: 'payer' } as const
    await take(
      event('a', 1),
      event('b', 1, { key: { ...key, role: 'payee' } }),
      event('c', 1, { key: { ...key, fspId: 'ibis' } }),
      event('d', 1, { amount: { amount: '5', currency: 'UGX' } }),
      event('e', 1, { at: noon + 12 * 3_600_000 }),
    )
    expect((await days()).map(({ key: { role, currency, day } }) => [role, currency, day])).toEqual(
      [
        ['payee', 'KES', '2026-01-31'],
        ['payer', 'KES', '2026-01-31'],
        ['payer', 'UGX', '2026-01-31'],
        ['payer', 'KES', '2026-02-01'],
      ],
    )
    expect(await days('ibis')).toHaveLength(1)
  })

  it('count an end on the day on which it came, with the time since the leg was received', async () => {
    const take = counting()
    await take(event('a', 1, { at: noon }))
    await take(event('a', 2, { ...committed, at: noon + 86_400_000 }))
    expect(await days()).toMatchObject([
      { key: { day: '2026-01-31' }, received: 1, committed: 0 },
      { key: { day: '2026-02-01' }, received: 0, committed: 1, took: { totalMs: 86_400_000 } },
    ])
  })

  it('count each leg once, however often and however late its events are told again', async () => {
    const take = counting()
    const events = [...leg('a', committed, 300), event('a', 4, committed)]
    await take(...events)
    const once = await days()
    await take(...events)
    await take(...events, ...events)
    await take(events[0]!)
    await take(events[2]!)
    expect(await days()).toEqual(once)
    expect(once).toMatchObject([{ received: 1, committed: 1 }])
  })

  it('count nothing of a batch whose step failed, and all of it when it is told again', async () => {
    let fails = true
    const shaky: Store = {
      ...store,
      step: (work) =>
        store.step(async (tx) => {
          const value = await work(tx)
          if (fails) throw new Error('power')
          return value
        }),
    }
    const take = counting(shaky)
    await expect(take(...leg('a', committed, 300))).rejects.toThrow('power')
    expect(await days()).toEqual([])
    fails = false
    await take(...leg('a', committed, 300))
    expect(await days()).toMatchObject([{ received: 1, committed: 1 }])
  })

  it('count a leg that is refused with its very first event', async () => {
    await counting()(event('a', 1, blocked))
    expect(await days()).toMatchObject([
      { received: 1, aborted: { 'payer-blocked': 1 }, took: { totalMs: 0, within: { 50: 1 } } },
    ])
  })

  it('count the end of a leg of whose beginning nobody told them, but not its time', async () => {
    await counting()(event('a', 7, committed))
    expect(await days()).toMatchObject([
      { received: 0, committed: 1, took: { totalMs: 0, within: {} } },
    ])
  })

  it('ask the store nothing about events that change no sum', async () => {
    const deaf: Store = { ...store, step: () => Promise.reject(new Error('asked')) }
    await counting(deaf)(event('a', 2), event('a', 3, { state: 'reserved' }))
  })

  it('sum amounts exactly, beyond what a float holds', async () => {
    const amount = { amount: '99999999999999.99', currency: 'KES' }
    const big = [1, 2, 3].map((n) => event(`a${n}`, 1, { ...committed, amount }))
    await counting()(...big)
    expect(await days()).toMatchObject([{ amount: kes('299999999999999.97') }])
  })
})
