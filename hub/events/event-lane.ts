import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { OutboxEvent, OutboxQueue } from '../store/store.ts'
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
    const told = await tellBatches(ports, { isOver: () => isOver, hasClosed }).catch(
      (error: unknown) => {
        if (!isOver) log.warn({ error, tries: failures + 1 }, 'events not told')
        return undefined
      },
    )
    if (hasClosed()) return
    if (told === undefined) lookIn(backoffMs(failures++, backoff), 'backing-off')
    else goOn(told)
  }
  const goOn = (told: number): void => {
    failures = 0
    state = 'asleep'
    if (isWanted || (told > 0 && waiters.length > 0)) wake()
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

type Ending = {
  /** Nothing more may be written. */
  readonly isOver: () => boolean
  /** No further batch may begin. */
  readonly hasClosed: () => boolean
}

/**
 * Tells all there is, and returns how many events that were. While one batch is told, the next is read and the one before is
 * deleted: the stream and the store wait for each other as little as can be.
 */
async function tellBatches(
  { queue, stream }: Ports,
  { isOver, hasClosed }: Ending,
): Promise<number> {
  let told = 0
  let deleting = Promise.resolve()
  try {
    let batch = await queue.events(eventsPerBatchMax)
    while (batch.length > 0 && !isOver()) {
      const [next] = await Promise.all([
        readAhead(queue, batch),
        stream.publish(batch.map(({ event }) => event)),
      ])
      await deleting
      if (isOver()) return told
      deleting = queue.eventsTold(batch)
      told += batch.length
      batch = hasClosed() ? [] : next
    }
  } finally {
    await deleting
  }
  return told
}

/** What comes after a full batch; a smaller one was all there is. */
async function readAhead(
  queue: OutboxQueue,
  batch: readonly OutboxEvent[],
): Promise<readonly OutboxEvent[]> {
  const last = batch.at(-1)
  if (last === undefined || batch.length < eventsPerBatchMax) return []
  return queue.events(eventsPerBatchMax, last.id)
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
