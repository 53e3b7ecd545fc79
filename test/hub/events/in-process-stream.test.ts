import { describe, expect, it } from '@jest/globals'
import type { LegEvent } from '../../../hub/events/event-stream.ts'
import { createInProcessStream } from '../../../hub/events/in-process-stream.ts'
import { eventStreamContract } from '../../contract/event-stream.ts'
import { legEvent, legEvents } from '../../support/leg-events.ts'

eventStreamContract('the stream in process', async () => ({
  stream: createInProcessStream(),
  keeps: false,
}))

describe('the stream in process', () => {
  it('resolves a publication only when every group has taken it in', async () => {
    const stream = createInProcessStream()
    const taken: string[] = []
    stream.subscribe('statistics', async () => {
      await new Promise(setImmediate)
      taken.push('statistics')
    })
    stream.subscribe('audit', async () => void taken.push('audit'))
    await stream.publish([legEvent('a', 1)])
    expect(taken).toEqual(['audit', 'statistics'])
  })

  it('rejects with the reason of a group that throws at once, and gives the other groups their events', async () => {
    const stream = createInProcessStream()
    const taken: LegEvent[] = []
    stream.subscribe('statistics', () => {
      throw new Error('the disk is full')
    })
    stream.subscribe('audit', async (events) => void taken.push(...events))
    await expect(stream.publish(legEvents('a', 2))).rejects.toThrow('the disk is full')
    expect(taken).toEqual(legEvents('a', 2))
  })

  it('rejects what was waiting behind a publication that was rejected, so that nothing overtakes it', async () => {
    const stream = createInProcessStream()
    const taken: number[] = []
    let isAway = true
    stream.subscribe('statistics', async ([event]) => {
      if (isAway) throw new Error('away')
      taken.push(event!.sequence)
    })
    const told = await Promise.allSettled([1, 2].map((n) => stream.publish([legEvent('a', n)])))
    expect(told.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    isAway = false
    await stream.publish([legEvent('a', 1)])
    await stream.publish([legEvent('a', 2)])
    expect(taken).toEqual([1, 2])
  })

  it('waits at its end for the publication under way', async () => {
    const stream = createInProcessStream()
    const taken: LegEvent[] = []
    stream.subscribe('statistics', async (events) => {
      await new Promise(setImmediate)
      taken.push(...events)
    })
    const published = stream.publish([legEvent('a', 1)])
    await stream.close()
    expect(taken).toHaveLength(1)
    await published
  })
})
