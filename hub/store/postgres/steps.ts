import type { Clock } from '../../clock.ts'
import { Unavailable } from '../../connector.ts'
import type { Log } from '../../log.ts'
import type { SqlSession } from '../step-session.ts'
import { isConflict, type Database } from './database.ts'
import { createLanes } from './lanes.ts'
import { createTransaction, type TransactionPlace } from './transaction.ts'

/** Steps, each a transaction of its own, side by side. */
export interface Steps {
  /**
   * Runs work in one serializable transaction, again and again while others are in its way; resolves once it is durable.
   * Rejects with `Unavailable` when it could not be done, with `OutcomeUnknown` when the database was lost in the commit.
   */
  step<T>(work: (sql: SqlSession) => Promise<T>): Promise<T>
  /** Refuses further steps and waits for those that run. */
  close(): Promise<void>
  /** Ends as a power cut would: nothing more is sent, and no step settles any more. */
  crash(): void
}

type Ports = { readonly clock: Clock; readonly log: Log }

const triesMax = 30
const backoffMsMax = 250

/**
 * The isolation is SERIALIZABLE, since steps decide by what they do not find (no answer yet, no waiter yet): that is what
 * SQLite's single writer gives, and no row lock does.
 */
export function createSteps(database: Database, ports: Ports): Steps {
  const openLane = createLanes()
  const openQueue = createLanes()
  const enterQueue = async (): Promise<() => void> => {
    const place = openQueue()
    await place.enter('repeated')
    return place.leave
  }
  let state: 'open' | 'closed' | 'crashed' = 'open'
  let running = 0
  let onIdle = (): void => undefined
  const hasCrashed = (): boolean => state === 'crashed'
  const run = async <T>(work: (sql: SqlSession) => Promise<T>): Promise<T> => {
    const lane = openLane()
    running++
    try {
      const value = await untilDone(
        () => tryOnce(database, work, { lane, hasCrashed }),
        enterQueue,
        ports,
      )
      return hasCrashed() ? await never() : value
    } finally {
      lane.leave()
      running--
      if (running === 0) onIdle()
    }
  }
  return {
    step: async (work) => {
      if (state === 'closed') throw new Error('the store is closed')
      try {
        if (!hasCrashed()) return await run(work)
      } catch (error) {
        if (!hasCrashed()) throw error
      }
      return never()
    },
    close: async () => {
      state = 'closed'
      if (running > 0) await new Promise<void>((resolve) => (onIdle = resolve))
    },
    crash: () => {
      state = 'crashed'
    },
  }
}

/** After a power cut nobody hears any more. */
function never(): Promise<never> {
  return new Promise(() => undefined)
}

type Tried<T> = { readonly value: T } | { readonly conflict: unknown }

/**
 * One that met others is repeated when no other of this process is being repeated: where steps are often in each other's way,
 * as when the index of new ids has one last page only, they so become a queue instead of a crowd.
 */
async function untilDone<T>(
  tryIt: () => Promise<Tried<T>>,
  enterQueue: () => Promise<() => void>,
  ports: Ports,
): Promise<T> {
  const first = await tryIt()
  if ('value' in first) return first.value
  const leaveQueue = await enterQueue()
  try {
    return await repeat(tryIt, ports)
  } finally {
    leaveQueue()
  }
}

async function repeat<T>(tryIt: () => Promise<Tried<T>>, { clock, log }: Ports): Promise<T> {
  for (let tries = 2; ; tries++) {
    const tried = await tryIt()
    if ('value' in tried) return tried.value
    if (tries === triesMax) {
      const { conflict } = tried
      log.error({ error: conflict, tries }, 'step given up')
      throw new Unavailable('others were in the way of this step too often', { cause: conflict })
    }
    await pause(clock, tries)
  }
}

/** A random part of a time that doubles, so that those who met once do not meet again. */
function pause(clock: Clock, tries: number): Promise<void> {
  const [chance = 0] = clock.randomBytes(1)
  const delayMs = Math.floor((Math.min(2 ** tries, backoffMsMax) * chance) / 256)
  return new Promise((resolve) => {
    clock.after(delayMs, resolve)
  })
}

/** Runs the work in a transaction and commits it. Whatever fails, nothing of it is left. */
async function tryOnce<T>(
  database: Database,
  work: (sql: SqlSession) => Promise<T>,
  place: TransactionPlace,
): Promise<Tried<T>> {
  const transaction = createTransaction(database, place)
  try {
    const value = await work(transaction.session)
    await transaction.commit()
    return { value }
  } catch (error) {
    await transaction.undo()
    const conflict = transaction.failure() ?? error
    if (isConflict(conflict)) return { conflict }
    throw error
  }
}
