import type { Clock } from '../clock.ts'
import { isDiskFailure } from '../store.ts'

/** Things to be done later, one per key: a new one takes the place of the one before. */
export interface Alarms {
  /**
   * Runs the task at this time, or soon when it has passed; never at once. A task that the disk did not let write down
   * what it did is run again, until it can.
   */
  set(key: string, at: number, task: () => void): void
  cancel(key: string): void
  /** Forgets all of them, and takes no more. */
  stop(): void
}

const againMs = 1_000

/** Alarms on a clock. They live in memory: whoever sets them sets them again after a restart. */
export function createAlarms(clock: Clock): Alarms {
  const cancels = new Map<string, () => void>()
  const state = { isStopped: false }
  const cancel = (key: string): void => {
    cancels.get(key)?.()
    cancels.delete(key)
  }
  const set: Alarms['set'] = (key, at, task) => {
    cancel(key)
    if (state.isStopped) return
    const run = (): void => {
      cancels.delete(key)
      try {
        task()
      } catch (failure) {
        if (!isDiskFailure(failure)) throw failure
        if (!cancels.has(key)) set(key, clock.now() + againMs, task)
      }
    }
    cancels.set(key, clock.after(Math.max(0, at - clock.now()), run))
  }
  return {
    cancel,
    set,
    stop() {
      state.isStopped = true
      for (const key of [...cancels.keys()]) cancel(key)
    },
  }
}
