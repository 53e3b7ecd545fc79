import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { EventStream, LegEvent } from '../../hub/events/event-stream.ts'
import { legEvent, legEvents } from '../support/leg-events.ts'
import { untilSo } from '../support/lab-client.ts'

/** A stream under test, and what the contract leaves open about it. */
export type EventStreamUnderTest = {
  readonly stream: EventStream
  /** Whether it keeps events: gives new groups the old ones, and gives again by itself what was not taken in. */
  readonly keeps: boolean
}

/** What every event stream promises. `make` gives a fresh, empty one each time; it is closed after each test. */
export function eventStreamContract(name: string, make: () => Promise<EventStreamUnderTest>): void {
  describe(`${name} as an event stream`, () => {
    let under: EventStreamUnderTest
    beforeEach(async () => {
      under = await make()
    })
    afterEach(async () => {
      await under.stream.close()
    })

    telling(() => under)
    sharing(() => under)
    givingAgain(() => under)
    ending(() => under)
  })
}

function telling(under: () => EventStreamUnderTest): void {
  it('gives every event as it was told, each leg in order', async () => {
    const { stream } = under()
    const taken: LegEvent[] = []
    stream.subscribe('statistics', async (events) => void taken.push(...events))
    const told = [
      ...legEvents('a', 7),
      legEvent('b', 1, { otherFspId: 'weaver', state: 'aborted', refusal }),
      ...legEvents('c', 5),
    ]
    await stream.publish(told.slice(0, 9))
    await stream.publish([])
    await stream.publish(told.slice(9))
    await untilSo(() => taken.length >= told.length)
    expect(inOrder(taken)).toEqual(inOrder(told))
  })

  it('keeps the order of many calls that do not wait for each other', async () => {
    const { stream } = under()
    const taken: LegEvent[] = []
    stream.subscribe('statistics', async (events) => void taken.push(...events))
    const told = legEvents('a', 30)
    await Promise.all(told.map((event) => stream.publish([event])))
    await untilSo(() => taken.length >= told.length)
    expect(taken).toEqual(told)
  })

  it('gives a new group the old events if they are kept, and the next one in any case', async () => {
    const { stream, keeps } = under()
    await stream.publish(legEvents('a', 3))
    const taken: LegEvent[] = []
    stream.subscribe('latecomers', async (events) => void taken.push(...events))
    if (keeps) await untilSo(() => taken.length >= 3)
    await stream.publish([legEvent('a', 4)])
    await untilSo(() => taken.some(({ sequence }) => sequence === 4))
    expect(taken.map(({ sequence }) => sequence)).toEqual(keeps ? [1, 2, 3, 4] : [4])
  })
}

function sharing(under: () => EventStreamUnderTest): void {
  it('gives each of two groups everything', async () => {
    const { stream } = under()
    const first: LegEvent[] = []
    const second: LegEvent[] = []
    stream.subscribe('statistics', async (events) => void first.push(...events))
    stream.subscribe('audit', async (events) => void second.push(...events))
    const told = [...legEvents('a', 4), ...legEvents('b', 4)]
    await stream.publish(told)
    await untilSo(() => first.length >= told.length && second.length >= told.length)
    expect(inOrder(first)).toEqual(inOrder(told))
    expect(inOrder(second)).toEqual(inOrder(told))
  })

  it('shares a group among its members, and never has two of them at one leg', async () => {
    const { stream } = under()
    const taken: LegEvent[] = []
    const underWay = new Set<string>()
    const clashes: string[] = []
    const take = async (events: readonly LegEvent[]): Promise<void> => {
      const legs = new Set(events.map(({ key }) => key.transferId))
      for (const leg of legs) {
        if (underWay.has(leg)) clashes.push(leg)
        underWay.add(leg)
      }
      await new Promise(setImmediate)
      for (const leg of legs) underWay.delete(leg)
      taken.push(...events)
    }
    stream.subscribe('statistics', take)
    const told = Array.from({ length: 40 }, (_, index) => legEvents(`leg-${index}`, 5))
    await stream.publish(told.slice(0, 20).flat())
    const second = stream.subscribe('statistics', take)
    await stream.publish(told.slice(20, 30).flat())
    await untilSo(() => distinct(taken).length >= 150)
    await second.close()
    await stream.publish(told.slice(30).flat())
    await untilSo(() => distinct(taken).length >= 200)
    expect(clashes).toEqual([])
    expect(inOrder(distinct(taken))).toEqual(inOrder(told.flat()))
  })
}

function givingAgain(under: () => EventStreamUnderTest): void {
  it('gives events that were not taken in again, in the same order, before any later one', async () => {
    const { stream, keeps } = under()
    const offered: number[][] = []
    const taken: LegEvent[] = []
    let refusals = 2
    stream.subscribe('statistics', async (events) => {
      offered.push(events.map(({ sequence }) => sequence))
      if (refusals-- > 0) throw new Error('the database is away')
      taken.push(...events)
    })
    const told = legEvents('a', 4)
    const publish = async (): Promise<void> => stream.publish(told)
    if (keeps) await publish()
    else {
      await expect(publish()).rejects.toThrow('the database is away')
      await expect(publish()).rejects.toThrow('the database is away')
      await publish()
    }
    await stream.publish([legEvent('a', 5)])
    await untilSo(() => distinct(taken).length >= 5)
    expect(distinct(taken)).toEqual([...told, legEvent('a', 5)])
    expect(offered.slice(0, 3).every(([first]) => first === 1)).toBe(true)
  })

  it('does not let one group that takes nothing keep another from its events', async () => {
    const { stream } = under()
    const taken: LegEvent[] = []
    stream.subscribe('stuck', async () => {
      throw new Error('the database is away')
    })
    stream.subscribe('statistics', async (events) => void taken.push(...events))
    await stream.publish(legEvents('a', 3)).catch(() => undefined)
    await untilSo(() => distinct(taken).length >= 3)
    expect(distinct(taken)).toEqual(legEvents('a', 3))
  })
}

function ending(under: () => EventStreamUnderTest): void {
  it('lets a subscription end only when it has taken what it was given', async () => {
    const { stream } = under()
    let finish = (): void => undefined
    const gate = new Promise<void>((resolve) => {
      finish = resolve
    })
    const taken: LegEvent[] = []
    const subscription = stream.subscribe('statistics', async (events) => {
      offered = true
      await gate
      taken.push(...events)
    })
    let offered = false
    const published = stream.publish([legEvent('a', 1)])
    await untilSo(() => offered)
    const closed = subscription.close()
    await new Promise(setImmediate)
    expect(taken).toEqual([])
    finish()
    await closed
    await published
    expect(taken).toEqual([legEvent('a', 1)])
  })

  it('gives a subscription that has ended nothing more, and the next of its group what it left', async () => {
    const { stream } = under()
    const before: LegEvent[] = []
    const first = stream.subscribe('statistics', async (events) => void before.push(...events))
    await stream.publish([legEvent('a', 1)])
    await untilSo(() => before.length >= 1)
    await first.close()
    await first.close()
    const after: LegEvent[] = []
    stream.subscribe('statistics', async (events) => void after.push(...events))
    await stream.publish([legEvent('a', 2)])
    await untilSo(() => after.length >= 1)
    expect([before, after]).toEqual([[legEvent('a', 1)], [legEvent('a', 2)]])
  })

  it('takes nothing any more once it is closed', async () => {
    const { stream } = under()
    await stream.publish([legEvent('a', 1)])
    await stream.close()
    await expect(stream.publish([legEvent('a', 2)])).rejects.toThrow('closed')
  })
}

const refusal = { reason: 'payee-not-found', errorCode: '3204' }

/** Each once, as it first came: what a consumer keeps. */
function distinct(events: readonly LegEvent[]): readonly LegEvent[] {
  return [...new Map(events.map((event) => [event.id, event])).values()]
}

/** By leg; the order within each leg stays. */
function inOrder(events: readonly LegEvent[]): ReadonlyMap<string, readonly LegEvent[]> {
  const legs = new Map<string, readonly LegEvent[]>()
  const sorted = events.toSorted((a, b) => (a.key.transferId < b.key.transferId ? -1 : 1))
  for (const event of sorted) {
    legs.set(event.key.transferId, [...(legs.get(event.key.transferId) ?? []), event])
  }
  return legs
}
