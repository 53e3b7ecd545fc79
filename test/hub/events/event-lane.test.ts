import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createEventLane, type EventLane } from '../../../hub/events/event-lane.ts'
import type { LegEvent } from '../../../hub/events/event-stream.ts'
import { openSqlite } from '../../../hub/store/sqlite.ts'
import { createStoreOver, type SqliteStore } from '../../../hub/store/sqlite-store.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { aKey, anEntry, aTransfer } from '../../support/store-values.ts'

let clock: FakeClock
let store: SqliteStore
let warnings: string[]
let lane: EventLane | undefined

beforeEach(() => {
  clock = createFakeClock()
  warnings = []
  store = createStoreOver(openSqlite(':memory:'), { clock, log: log() })
})
afterEach(async () => {
  lane?.crash()
  const closed = store.close()
  await clock.advance(100)
  await closed
})

const log = () => ({
  info: () => undefined,
  warn: (_: object, message: string) => void warnings.push(message),
  error: () => undefined,
})

/** A stream that takes in what it is given, unless the test holds it or breaks it. */
function aStream() {
  const stream = {
    batches: [] as (readonly string[])[],
    isAway: false,
    holds: false,
    letGo: (): void => undefined,
    publish: async (events: readonly LegEvent[]) => {
      if (stream.isAway) throw new Error('the stream is away')
      stream.batches.push(events.map(({ key, sequence }) => `${key.transferId}${sequence}`))
      if (stream.holds) await new Promise<void>((resolve) => (stream.letGo = () => resolve()))
    },
    told: () => stream.batches.flat(),
  }
  return stream
}

const start = (stream: ReturnType<typeof aStream>, queue = store.queue): EventLane =>
  (lane = createEventLane({ queue, stream, clock, log: log() }))

/** Runs steps to their end without moving the time on. */
async function soon<T>(work: Promise<T>): Promise<T> {
  await clock.advance(0)
  return work
}

const insert = (id: string): Promise<unknown> =>
  soon(store.step((tx) => tx.transfers.insert(aTransfer({ key: aKey({ transferId: id }) }))))
const append = (id: string, count = 1): Promise<void> =>
  soon(
    store.step(async (tx) => {
      for (let n = 0; n < count; n++)
        await tx.transfers.appendTimeline(aKey({ transferId: id }), anEntry('s'))
    }),
  )
const left = async (): Promise<number> => (await soon(store.queue.events(10_000))).length

describe('the lane of events', () => {
  it('gathers what happens within a tenth of a second and tells it in one batch, in order', async () => {
    const stream = aStream()
    start(stream)
    await clock.advance(100)
    await insert('a')
    await insert('b')
    await append('a')
    await clock.advance(60)
    await append('b')
    await append('a')
    expect(stream.batches).toEqual([])
    await clock.advance(40)
    expect(stream.batches).toEqual([['a1', 'b1', 'a2']])
    await clock.advance(20)
    expect(await left()).toBe(0)
  })

  it('tells what an earlier run left', async () => {
    await insert('a')
    await append('a', 2)
    const stream = aStream()
    start(stream)
    await clock.advance(100)
    expect(stream.told()).toEqual(['a1', 'a2'])
  })

  it('tells one batch at a time, of at most five hundred, and the next at once while there is more', async () => {
    await insert('a')
    await append('a', 1_200)
    const stream = aStream()
    stream.holds = true
    start(stream)
    await clock.advance(10_000)
    expect(stream.batches.map((batch) => batch.length)).toEqual([500])
    for (const lengths of [
      [500, 500],
      [500, 500, 200],
    ]) {
      stream.letGo()
      await clock.advance(20)
      expect(stream.batches.map((batch) => batch.length)).toEqual(lengths)
    }
    expect(stream.told()).toEqual(Array.from({ length: 1_200 }, (_, n) => `a${n + 1}`))
  })

  it('tells the same again, in the same order, with growing waits while the stream is away', async () => {
    const given: (readonly string[])[] = []
    const stream = aStream()
    const failing = {
      ...stream,
      publish: async (events: readonly LegEvent[]) => {
        given.push(events.map(({ key, sequence }) => `${key.transferId}${sequence}`))
        await stream.publish(events)
      },
    }
    stream.isAway = true
    await insert('a')
    await append('a', 2)
    start(failing)
    const times: number[] = []
    for (let ms = 0; ms < 120_000; ms += 100) {
      await clock.advance(100)
      while (times.length < given.length) times.push(ms)
    }
    const waits = times.slice(1).map((at, n) => at - times[n]!)
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
    expect(new Set(given.map((batch) => batch.join()))).toEqual(new Set(['a1,a2']))
    expect(warnings[0]).toBe('events not told')
    await append('a')
    stream.isAway = false
    await clock.advance(30_000)
    expect(stream.told()).toEqual(['a1', 'a2', 'a3'])
    await append('a')
    await clock.advance(100)
    expect(stream.told()).toEqual(['a1', 'a2', 'a3', 'a4'])
  })

  it('goes on after the store could not be read', async () => {
    const stream = aStream()
    let fails = true
    const events = (limit: number) =>
      fails ? Promise.reject(new Error('disk')) : store.queue.events(limit)
    start(stream, { ...store.queue, events })
    await insert('a')
    await append('a')
    await clock.advance(100)
    fails = false
    await clock.advance(500)
    expect(stream.told()).toEqual(['a1'])
  })

  it('tells again what was not noted as told before a crash, and then no more', async () => {
    const stream = aStream()
    stream.holds = true
    await insert('a')
    await append('a', 2)
    start(stream).crash()
    await clock.advance(1_000)
    expect(stream.batches).toEqual([])
    const crashing = start(stream)
    await clock.advance(100)
    crashing.crash()
    stream.letGo()
    await clock.advance(1_000)
    expect(await left()).toBe(2)
    stream.holds = false
    start(stream)
    await clock.advance(100)
    expect(stream.batches).toEqual([
      ['a1', 'a2'],
      ['a1', 'a2'],
    ])
    await clock.advance(20)
    expect(await left()).toBe(0)
  })

  it('is idle once every event is told, without waiting for others to gather', async () => {
    const stream = aStream()
    stream.holds = true
    const started = start(stream)
    await clock.advance(100)
    await insert('a')
    await append('a')
    let isIdle = false
    void started.idle().then(() => (isIdle = true))
    await clock.advance(1)
    expect(stream.told()).toEqual(['a1'])
    await clock.advance(1_000)
    expect(isIdle).toBe(false)
    await append('a')
    stream.letGo()
    await clock.advance(50)
    expect(isIdle).toBe(false)
    stream.letGo()
    await clock.advance(50)
    expect(stream.told()).toEqual(['a1', 'a2'])
    expect(isIdle).toBe(true)
  })

  it('closes at once when nothing is under way, and tells no more', async () => {
    const stream = aStream()
    const started = start(stream)
    await clock.advance(100)
    await insert('a')
    await append('a')
    await started.close()
    await append('a')
    await clock.advance(60_000)
    expect(stream.batches).toEqual([])
    expect(await left()).toBe(2)
  })

  it('waits at closing for the batch under way, and notes it as told', async () => {
    const stream = aStream()
    stream.holds = true
    await insert('a')
    await append('a')
    const started = start(stream)
    await clock.advance(100)
    let isClosed = false
    void started.close().then(() => (isClosed = true))
    await clock.advance(1_000)
    expect(isClosed).toBe(false)
    stream.letGo()
    await clock.advance(50)
    expect(isClosed).toBe(true)
    expect(await left()).toBe(0)
  })

  it('does not wait at closing for a stream that says nothing, and notes nothing afterwards', async () => {
    const stream = aStream()
    stream.holds = true
    await insert('a')
    await append('a')
    const started = start(stream)
    await clock.advance(100)
    let isClosed = false
    void started.close().then(() => (isClosed = true))
    await clock.advance(5_000)
    expect(isClosed).toBe(true)
    stream.letGo()
    await clock.advance(1_000)
    expect(await left()).toBe(1)
  })
})
