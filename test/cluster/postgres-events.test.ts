import { describe, expect, it } from '@jest/globals'
import { createSystemClock } from '../../hub/clock.ts'
import { createEventLane, type EventLane } from '../../hub/events/event-lane.ts'
import type { LegEvent } from '../../hub/events/event-stream.ts'
import type { PostgresStore } from '../../hub/store/postgres-store.ts'
import { silentLog } from '../support/silent-log.ts'
import { aKey, anEntry, aTransfer } from '../support/store-values.ts'
import { aroundPostgres, until } from './postgres-places.ts'

const postgres = aroundPostgres()
const clock = createSystemClock()

const keyOf = (transferId: string) => aKey({ transferId })
const insert = (store: PostgresStore, ids: readonly string[]): Promise<void> =>
  store.step(async (tx) => {
    for (const id of ids) await tx.transfers.insert(aTransfer({ key: keyOf(id) }))
  })
const append = (store: PostgresStore, id: string, step = 's'): Promise<void> =>
  store.step((tx) => tx.transfers.appendTimeline(keyOf(id), anEntry(step)))
const idsOf = async (store: PostgresStore): Promise<readonly string[]> =>
  (await store.queue.events(1000)).map(({ event }) => nameOf(event))
const nameOf = ({ key, sequence }: LegEvent): string => `${key.transferId}:${String(sequence)}`
const left = async (): Promise<number> => {
  const [row] = await postgres.ask('SELECT COUNT(*) AS events FROM outbox_events')
  return Number(row?.['events'])
}

/** What every relay tells, in the order of arrival, and the legs that two of them told at once. */
function aStream() {
  const told: { readonly event: LegEvent; readonly by: string }[] = []
  const underWay = new Map<string, string>()
  const atOnce: string[] = []
  const publishBy = (by: string) => async (events: readonly LegEvent[]) => {
    const legs = new Set(events.map(({ key }) => key.transferId))
    for (const leg of legs) {
      if (underWay.has(leg)) atOnce.push(leg)
      underWay.set(leg, by)
    }
    told.push(...events.map((event) => ({ event, by })))
    await new Promise((resolve) => clock.after(told.length % 7, () => resolve(0)))
    for (const leg of legs) underWay.delete(leg)
  }
  const sequencesOf = (leg: string): readonly number[] =>
    told.filter(({ event }) => event.key.transferId === leg).map(({ event }) => event.sequence)
  return { told, atOnce, publishBy, sequencesOf }
}

function tell(
  store: PostgresStore,
  publish: (events: readonly LegEvent[]) => Promise<void>,
): EventLane {
  return createEventLane({ queue: store.queue, stream: { publish }, clock, log: silentLog })
}

const legs = Array.from({ length: 24 }, (_, n) => `leg-${String(n)}`)

describe('events told by relays of several processes', () => {
  it('arrive once each, a leg’s by one relay at a time, in the order of their numbers', async () => {
    const stream = aStream()
    const stores = [await postgres.open({ leaseMs: 3000 }), await postgres.open({ leaseMs: 3000 })]
    await insert(stores[0]!, legs)
    const lanes = stores.map((store, n) => tell(store, stream.publishBy(`relay ${String(n)}`)))
    // Both processes write of every leg, so that the numbers are drawn by both.
    for (let n = 0; n < 10; n++) {
      await Promise.all(legs.map((leg, which) => append(stores[(which + n) % 2]!, leg)))
      await new Promise((resolve) => clock.after(200, () => resolve(0)))
    }
    await until(() => stream.told.length >= 240)
    await until(async () => (await left()) === 0)
    await Promise.all(lanes.map((lane) => lane.close()))
    for (const leg of legs) expect(stream.sequencesOf(leg)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(stream.atOnce).toEqual([])
    expect(new Set(stream.told.map(({ by }) => by)).size).toBe(2)
  }, 30_000)

  it('are numbered without gaps when processes write of one leg at the same moment', async () => {
    const [one, two] = [await postgres.open(), await postgres.open()]
    await insert(one, ['a'])
    const stores = Array.from({ length: 30 }, (_, n) => (n % 2 ? one : two))
    await Promise.all(stores.map((store) => append(store, 'a')))
    expect(await idsOf(one)).toEqual(Array.from({ length: 30 }, (_, n) => `a:${String(n + 1)}`))
  })

  it('are taken over from a relay that stands still, whose late word deletes nothing', async () => {
    const warnings: string[] = []
    const log = { ...silentLog, warn: (_: object, message: string) => warnings.push(message) }
    const stalled = await postgres.open({ leaseMs: 2500, log })
    const other = await postgres.open({ leaseMs: 10_000 })
    await insert(other, ['a'])
    await append(other, 'a')
    const late = await stalled.queue.events(10)
    expect(late.map(({ event }) => nameOf(event))).toEqual(['a:1'])
    await until(async () => (await idsOf(other)).length > 0)
    await append(other, 'a')
    const batch = await other.queue.events(10)
    expect(batch.map(({ event }) => nameOf(event))).toEqual(['a:1', 'a:2'])
    await stalled.queue.eventsTold(late)
    expect(warnings).toEqual(['outbox lease was lost'])
    expect(await left()).toBe(2)
    await other.queue.eventsTold(batch)
    expect(await left()).toBe(0)
  })

  it('are left to others when they were read too late', async () => {
    let lateMs = 0
    const slow = { ...clock, now: () => clock.now() + lateMs }
    const store = await postgres.open({ leaseMs: 60_000, clock: slow })
    await insert(store, ['a'])
    await append(store, 'a')
    const asked = store.queue.events(10)
    lateMs = 61_000
    expect(await asked).toEqual([])
    expect(await idsOf(store)).toEqual(['a:1'])
  })

  it('are told by another once a relay has been lost in the middle of telling', async () => {
    const stream = aStream()
    const lost = await postgres.open({ leaseMs: 500 })
    const other = await postgres.open({ leaseMs: 500 })
    await insert(lost, legs)
    for (const leg of legs) await append(lost, leg)
    tell(lost, async (events) => {
      await stream.publishBy('lost')(events)
      lost.crash()
      await new Promise(() => undefined)
    })
    const lane = tell(other, stream.publishBy('other'))
    await until(async () => (await left()) === 0)
    await lane.close()
    // Told twice perhaps, never not at all, and never in another order.
    for (const leg of legs) expect([...new Set(stream.sequencesOf(leg))]).toEqual([1])
  }, 30_000)

  it('keep their partitions with the relay that tells them, until it has, or has tried', async () => {
    const one = await postgres.open({ leaseMs: 2000 })
    one.queue.onEvents(() => undefined)
    await insert(one, legs)
    for (const leg of legs) await append(one, leg)
    const batch = await one.queue.events(1000)
    expect(batch).toHaveLength(24)
    const two = await postgres.open({ leaseMs: 2000 })
    two.queue.onEvents(() => undefined)
    for (let n = 0; n < 30; n++) {
      expect(await idsOf(two)).toEqual([])
      await new Promise((resolve) => clock.after(50, () => resolve(0)))
    }
    // The stream was away: it is asked for the events anew, and what is another's by then is not among them.
    await until(async () => {
      const mine = await idsOf(one)
      const others = await idsOf(two)
      expect(mine.filter((id) => others.includes(id))).toEqual([])
      return others.length > 0 && mine.length + others.length === 24
    })
  }, 30_000)

  it('are told soon after another process added them', async () => {
    const stream = aStream()
    const writer = await postgres.open()
    const relay = await postgres.open()
    const lane = tell(relay, stream.publishBy('relay'))
    await insert(writer, ['a'])
    await lane.idle()
    await append(writer, 'a')
    await until(() => stream.told.length === 1)
    await lane.close()
  })
})
