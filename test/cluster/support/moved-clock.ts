import { createSystemClock, type Clock } from '../../../hub/clock.ts'

/** A clock that goes on by itself, and can be moved on. */
export type MovedClock = Clock & { advance(ms: number): void }

/** Begins `offsetMs` ahead of the machine's. What falls due in the time that is jumped over happens at once. */
export function createMovedClock(offsetMs: number): MovedClock {
  const system = createSystemClock()
  const waiting = new Set<{ readonly dueAt: number; readonly run: () => void }>()
  const now = (): number => system.now() + offsetMs
  return {
    ...system,
    now,
    after: (delayMs, task) => {
      const run = (): void => {
        cancel()
        task()
      }
      const one = { dueAt: now() + delayMs, run }
      const stop = system.after(delayMs, run)
      const cancel = (): void => {
        stop()
        waiting.delete(one)
      }
      waiting.add(one)
      return cancel
    },
    advance: (ms) => {
      offsetMs += ms
      for (const { dueAt, run } of [...waiting]) if (dueAt <= now()) run()
    },
  }
}
