import type { BrokerTime } from './broker-time.ts'
import type { BrokerTimers } from './broker-timers.ts'
import type { Surroundings } from './leaping-clock.ts'

/** Knows whether anything is on its way between a hub and its servers that ends without time passing. */
export type Stillness = Surroundings & {
  /** Counts as on its way until it settles. */
  during<T>(work: Promise<T>): Promise<T>
  /** Something went to the broker or came from it. */
  stirred(): void
  /** The hub is dead: nothing of what it had on its way is waited for. */
  hubDied(): void
}

/** What is on its way inside the broker passes through its log at most so often before it comes out. */
const probesUntilQuiet = 4
/** A timer that is due shows by a job within so many probes; or a message was quicker, and it is no more. */
const probesUntilFired = 12
const pauseMs = 5

/** Watches one hub at a time: what is on its way of an earlier one is forgotten. */
export function createStillness(broker: BrokerTime, timers: BrokerTimers): Stillness {
  const flights = createFlights()
  let stirs = 0
  let quietSince = -1
  /** False when something stirs meanwhile. */
  const staysQuiet = async (probes: number): Promise<boolean> => {
    const seen = stirs
    for (let n = 0; n < probes; n++) {
      await broker.probe()
      if (stirs !== seen || flights.count() > 0) return false
    }
    return true
  }
  /** Lets the broker do what falls due; false when nothing does. */
  const fire = async (): Promise<boolean> => {
    if (!timers.takeDue()) return false
    await broker.catchUp()
    for (let n = 0; n < probesUntilFired; n++) {
      await pause(pauseMs)
      if (!(await staysQuiet(1))) break
    }
    return true
  }
  const settle = async (): Promise<void> => {
    do {
      await flights.landed()
      while (quietSince !== stirs) {
        await pause(pauseMs)
        await flights.landed()
        const seen = stirs
        if (await staysQuiet(probesUntilQuiet)) quietSince = seen
      }
    } while (flights.count() > 0 || (await fire()))
  }
  let settling: Promise<void> | undefined
  return {
    during: flights.during,
    stirred: () => {
      stirs++
    },
    hubDied: () => {
      stirs++
      flights.forget()
    },
    untilQuiet: (msMax) => {
      settling ??= settle().finally(() => (settling = undefined))
      return within(settling, Math.max(0, msMax))
    },
    nextDueAt: timers.nextDueAt,
    leapt: broker.leapt,
  }
}

type Flights = {
  during<T>(work: Promise<T>): Promise<T>
  count(): number
  /** Resolves once none is left, in a later turn of the event loop. */
  landed(): Promise<void>
  forget(): void
}

function createFlights(): Flights {
  let life = { count: 0 }
  let waiters: (() => void)[] = []
  const wake = (): void => {
    if (life.count > 0) return
    for (const each of waiters) each()
    waiters = []
  }
  return {
    during: async (work) => {
      const own = life
      own.count++
      try {
        return await work
      } finally {
        own.count--
        wake()
      }
    },
    count: () => life.count,
    landed: async () => {
      await pause(0)
      while (life.count > 0) {
        await new Promise<void>((resolve) => void waiters.push(resolve))
        await pause(0)
      }
    },
    forget: () => {
      life = { count: 0 }
      wake()
    },
  }
}

/** Waits for something, but not for longer. */
function within(promise: Promise<void>, msMax: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, msMax)
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer)
    })
  })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (ms === 0) setImmediate(resolve)
    else setTimeout(resolve, ms)
  })
}
