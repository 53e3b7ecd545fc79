import type { Clock } from '../clock.ts'
import type { WorkflowEngine } from '../engine/engine.ts'
import type { HttpClient } from '../http.ts'
import type { Log } from '../log.ts'
import type { OutboxEntry, OutboxQueue, OutboxRow } from '../store/store.ts'
import { backoffMs } from './backoff.ts'
import { createEventLane } from './event-lane.ts'
import type { EventStream } from './event-stream.ts'
import {
  createCallbackSender,
  type CallbackConfig,
  type CallbackSender,
} from './client-callback.ts'

/** Carries the outbox to the engine, to clients and to the event stream: at least once, in order for each line. */
export interface Relay {
  /** Resolves when nothing that is due is left, nothing is on its way, and every event is told. */
  idle(): Promise<void>
  /**
   * Takes no more rows and waits for the messages on their way, and some seconds for events on theirs; a callback on its way
   * is sent again by the next run.
   */
  close(): Promise<void>
  /** Ends at once, for tests of a power cut. */
  crash(): void
}

/** What the relay needs from the world. */
export type RelayPorts = {
  readonly queue: OutboxQueue
  readonly engine: Pick<WorkflowEngine, 'publish'>
  readonly stream: Pick<EventStream, 'publish'>
  readonly http: HttpClient
  readonly clock: Clock
  readonly log: Log
}

type Kind = OutboxEntry['kind']

/** How many rows of a kind are on their way at once, each of another line. */
const underWayMax = { message: 64, 'client-callback': 32 } as const satisfies Record<Kind, number>
const messageBackoff = { firstMs: 500, longestMs: 30_000 }
const storeRetryMs = 1_000

/** `dueAt`: when to try again; undefined when the row is settled for good. */
type Outcome = { readonly row: OutboxRow; readonly dueAt: number | undefined }

type Lane = {
  readonly kind: Kind
  /** Lines that have a row on its way. */
  readonly busy: Set<string>
  /** What came of rows, not written down yet. */
  outcomes: readonly Outcome[]
  /** The same, written down: their lines are free when the next round begins, which cannot see those rows any more. */
  written: readonly Outcome[]
}

/**
 * Carries the outbox out of the hub: messages to the engine, callbacks to clients, events to the stream; at least once, in
 * order per line, many lines at a time. A row is deleted only after it has arrived, so the next run goes on where a crash ended this one.
 */
export function createRelay(config: CallbackConfig, ports: RelayPorts): Relay {
  const { queue, clock } = ports
  const sendCallback = createCallbackSender(config, ports)
  const messages: Lane = { kind: 'message', busy: new Set(), outcomes: [], written: [] }
  const callbacks: Lane = { kind: 'client-callback', busy: new Set(), outcomes: [], written: [] }
  const lanes = [messages, callbacks]
  let isClosed = false

  /** Has it written down what came of rows, looks for due ones, and starts those whose line is free. */
  const rounds = createRounds(ports, async () => {
    for (const lane of lanes) {
      free(lane)
      settle(lane, rounds, ports)
    }
    if (isClosed) return
    const work = await lookForWork(lanes, queue, clock.now())
    for (const [lane, row] of work.due) start(lane, row)
    if (work.nextDueAt !== undefined) rounds.wakeIn(work.nextDueAt - clock.now())
  })

  const start = (lane: Lane, row: OutboxRow): void => {
    if (lane.busy.has(row.line)) return
    lane.busy.add(row.line)
    void deliver(row, { ...ports, sendCallback }).then((dueAt) => {
      lane.outcomes = [...lane.outcomes, { row, dueAt }]
      rounds.wake()
    })
  }

  queue.onAdded(rounds.wake)
  rounds.wake()
  const events = createEventLane(ports)
  const idle = async (): Promise<void> => {
    await rounds.until(() => lanes.every(({ busy }) => busy.size === 0))
    await events.idle()
  }
  const close = async (): Promise<void> => {
    isClosed = true
    await Promise.all([rounds.until(() => messages.busy.size === 0), events.close()])
    rounds.stop()
  }
  const crash = (): void => {
    rounds.stop()
    events.crash()
  }
  return { idle, close, crash }
}

type Rounds = {
  readonly wake: () => void
  /** Replaces an earlier such wish. */
  readonly wakeIn: (delayMs: number) => void
  /** Resolves after a round, begun later than this call, that leaves things so. */
  readonly until: (isSo: () => boolean) => Promise<void>
  readonly stop: () => void
}

/** Runs rounds, never two at once: one more after each wake, however many wakes there were. A failed one is tried again. */
function createRounds(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  round: () => Promise<void>,
): Rounds {
  let waiters: readonly { readonly isSo: () => boolean; readonly resolve: () => void }[] = []
  let state: 'asleep' | 'running' | 'wanted' | 'stopped' = 'asleep'
  let cancelTimer = (): void => undefined
  const now = (): typeof state => state

  const wake = (): void => {
    if (state === 'asleep') void run()
    else if (state === 'running') state = 'wanted'
  }
  const wakeIn = (delayMs: number): void => {
    cancelTimer()
    cancelTimer = clock.after(delayMs, wake)
  }
  const run = async (): Promise<void> => {
    do {
      state = 'running'
      try {
        await round()
      } catch (error) {
        if (now() === 'stopped') return
        log.error({ error }, 'outbox not served')
        wakeIn(storeRetryMs)
      }
    } while (now() === 'wanted')
    if (now() === 'stopped') return
    state = 'asleep'
    for (const { isSo, resolve } of waiters) if (isSo()) resolve()
    waiters = waiters.filter(({ isSo }) => !isSo())
  }
  return {
    wake,
    wakeIn,
    until: (isSo) =>
      new Promise((resolve) => {
        waiters = [...waiters, { isSo, resolve }]
        wake()
      }),
    stop: () => {
      state = 'stopped'
      cancelTimer()
    },
  }
}

/** When to try again, or undefined when the row has arrived or is given up. */
async function deliver(
  row: OutboxRow,
  ports: RelayPorts & { readonly sendCallback: CallbackSender },
): Promise<number | undefined> {
  if (row.kind === 'client-callback') return ports.sendCallback(row)
  const { engine, clock, log } = ports
  const { name, messageId } = row.message
  try {
    await engine.publish(row.message)
    log.info({ message: name, messageId, tries: row.tries + 1 }, 'message published')
    return undefined
  } catch (error) {
    log.warn({ error, message: name, messageId, tries: row.tries + 1 }, 'message not published')
    return clock.now() + backoffMs(row.tries, messageBackoff)
  }
}

function free(lane: Lane): void {
  for (const { row } of lane.written) lane.busy.delete(row.line)
  lane.written = []
}

/** Has what came of rows written down; nobody but their own line waits for that. */
function settle(lane: Lane, rounds: Rounds, { queue, log }: RelayPorts): void {
  const { outcomes } = lane
  lane.outcomes = []
  if (outcomes.length === 0) return
  writeDown(outcomes, queue).then(
    () => {
      lane.written = [...lane.written, ...outcomes]
      rounds.wake()
    },
    (error: unknown) => {
      lane.outcomes = [...outcomes, ...lane.outcomes]
      log.error({ error }, 'outbox not written')
      rounds.wakeIn(storeRetryMs)
    },
  )
}

async function writeDown(outcomes: readonly Outcome[], queue: OutboxQueue): Promise<void> {
  const arrived = outcomes.filter(({ dueAt }) => dueAt === undefined).map(({ row }) => row.id)
  const postponed = outcomes.flatMap(({ row, dueAt }) =>
    dueAt === undefined ? [] : [queue.postpone(row.id, dueAt)],
  )
  await Promise.all([...postponed, ...(arrived.length === 0 ? [] : [queue.done(arrived)])])
}

async function lookForWork(
  lanes: readonly Lane[],
  queue: OutboxQueue,
  now: number,
): Promise<{
  readonly due: readonly (readonly [Lane, OutboxRow])[]
  readonly nextDueAt: number | undefined
}> {
  const dueOf = async (lane: Lane) => {
    const rows = await queue.due(now, underWayMax[lane.kind], lane.kind)
    return rows.map((row) => [lane, row] as const)
  }
  const [nextDueAt, ...due] = await Promise.all([queue.nextDueAt(now), ...lanes.map(dueOf)])
  return { due: due.flat(), nextDueAt }
}
