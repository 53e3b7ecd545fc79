import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { OutboxQueue } from '../store/store.ts'
import { backoffMs } from './backoff.ts'
import type { EventStream } from './event-stream.ts'

/** Carries events from the outbox to the stream, one batch at a time. */
export interface EventLane {
  /** Resolves when every event is told. */
  idle(): Promise<void>
  /** Tells no more batch; waits for the one under way, but not for long: what was not noted as told is told again. */
  close(): Promise<void>
  /** Ends at once, for tests of a power cut. */
  crash(): void
}

type Ports = {
  readonly queue: OutboxQueue
  readonly stream: Pick<EventStream, 'publish'>
  readonly clock: Clock
  readonly log: Log
}

const eventsPerBatchMax = 500
/** How long events may wait for others that go with them: a batch costs the same for one as for many. */
const gatherMs = 100
const backoff = { firstMs: 500, longestMs: 30_000 }
const closeMsMax = 5_000

/**
 * Tells the oldest events and deletes them, again and again. What the stream did not take is told again, the same events in
 * the same order, after 500 ms doubling to 30 s; nothing but later events waits for that.
 */
export function createEventLane(ports: Ports): EventLane {
  const { queue, clock, log } = ports
  let state: 'asleep' | 'gathering' | 'telling' | 'backing-off' | 'closed' = 'asleep'
  let isOver = false
  let [isWanted, failures] = [false, 0]
  const waiters: (() => void)[] = []
  let cancelLook = (): void => undefined
  let underWay = Promise.resolve()
  const hasClosed = (): boolean => state === 'closed'

  const lookIn = (delayMs: number, meanwhile: typeof state): void => {
    state = meanwhile
    cancelLook()
    cancelLook = clock.after(delayMs, () => void (underWay = tell()))
  }
  const wake = (): void => {
    if (state === 'asleep') lookIn(waiters.length > 0 ? 0 : gatherMs, 'gathering')
    else if (state === 'telling') isWanted = true
  }
  const tell = async (): Promise<void> => {
    state = 'telling'
    isWanted = false
    const told = await tellBatch(ports, () => isOver).catch((error: unknown) => {
      if (!isOver) log.warn({ error, tries: failures + 1 }, 'events not told')
      return undefined
    })
    if (hasClosed()) return
    if (told === undefined) lookIn(backoffMs(failures++, backoff), 'backing-off')
    else goOn(told)
  }
  const goOn = (told: number): void => {
    failures = 0
    state = 'asleep'
    if (told === eventsPerBatchMax) lookIn(0, 'gathering')
    else if (isWanted || (told > 0 && waiters.length > 0)) wake()
    else for (const resolve of waiters.splice(0)) resolve()
  }
  const idle = (resolve: () => void): void => {
    waiters.push(resolve)
    if (state === 'gathering') lookIn(0, 'gathering')
    else wake()
  }
  const close = async (): Promise<void> => {
    state = 'closed'
    cancelLook()
    await atMost(closeMsMax, underWay, clock)
    isOver = true
  }
  const crash = (): void => {
    isOver = true
    state = 'closed'
    cancelLook()
  }

  queue.onEvents(wake)
  wake()
  return { idle: () => new Promise(idle), close, crash }
}

/** Returns how many events there were; `isOver` ends it before it writes. */
async function tellBatch({ queue, stream }: Ports, isOver: () => boolean): Promise<number> {
  const batch = await queue.events(eventsPerBatchMax)
  if (batch.length === 0 || isOver()) return 0
  await stream.publish(batch.map(({ event }) => event))
  if (!isOver()) await queue.eventsTold(batch)
  return batch.length
}

function atMost(ms: number, work: Promise<void>, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve)
    void work.then(() => {
      cancel()
      resolve()
    })
  })
}
