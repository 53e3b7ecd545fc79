import type { Clock } from '../clock.ts'

/** Things to be done later, one per key: a new one takes the place of the one before. */
export interface Alarms {
  /** Runs the task at this time, or soon when it has passed; never at once. */
  set(key: string, at: number, task: () => void): void
  cancel(key: string): void
  /** Forgets all of them, and takes no more. */
  stop(): void
}

/** Alarms on a clock. They live in memory: whoever sets them sets them again after a restart. */
export function createAlarms(clock: Clock): Alarms {
  const cancels = new Map<string, () => void>()
  const state = { isStopped: false }
  const cancel = (key: string): void => {
    cancels.get(key)?.()
    cancels.delete(key)
  }
  return {
    cancel,
    set(key, at, task) {
      cancel(key)
      if (state.isStopped) return
      const run = (): void => {
        cancels.delete(key)
        task()
      }
      cancels.set(key, clock.after(Math.max(0, at - clock.now()), run))
    },
    stop() {
      state.isStopped = true
      for (const key of [...cancels.keys()]) cancel(key)
    },
  }
}
