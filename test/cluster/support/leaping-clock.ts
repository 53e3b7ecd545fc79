import { createSystemClock } from '../../../hub/clock.ts'
import { drain, type FakeClock } from '../../support/fake-clock.ts'

/** What goes on outside this process, as a clock must know it to leap. */
export type Surroundings = {
  /** Resolves once nothing is on its way there that could end without time passing, or after so many real milliseconds. */
  untilQuiet(msMax: number): Promise<void>
  /** When something falls due there next, by this clock. */
  nextDueAt(): number | undefined
  /** Hears that the clock has leapt. */
  leapt(ms: number): void
}

/** `stop` forgets all that waits. */
export type LeapingClock = FakeClock & { stop(): void }

type Task = {
  readonly dueAt: number
  readonly order: number
  readonly run: () => void
  readonly cancel: () => void
}

/**
 * A clock that goes on as the machine's does, so that servers may take the time that they need, and that leaps to what falls
 * due next whenever it is moved on and all is quiet: nobody waits for what only time brings.
 */
export function createLeapingClock(startMs: number, surroundings: Surroundings): LeapingClock {
  const system = createSystemClock()
  const origin = performance.now()
  const tasks = new Set<Task>()
  let leaptMs = 0
  let order = 0
  const now = (): number => Math.floor(startMs + leaptMs + performance.now() - origin)
  const after: FakeClock['after'] = (delayMs, run) => {
    const once = (): void => {
      cancel()
      run()
    }
    const stop = system.after(delayMs, once)
    const cancel = (): void => {
      stop()
      tasks.delete(task)
    }
    const task = { dueAt: now() + Math.max(0, delayMs), order: order++, run: once, cancel }
    tasks.add(task)
    return cancel
  }
  const leap = async (untilMs: number): Promise<void> => {
    const ms = untilMs - now()
    if (ms > 0) {
      leaptMs += ms
      surroundings.leapt(ms)
    }
    const due = [...tasks].filter(({ dueAt }) => dueAt <= untilMs)
    for (const task of due.toSorted((a, b) => a.dueAt - b.dueAt || a.order - b.order)) {
      if (tasks.has(task)) task.run()
      await drain()
    }
  }
  const advance = async (ms: number): Promise<void> => {
    const untilMs = now() + ms
    for (;;) {
      await drain()
      await surroundings.untilQuiet(untilMs - now())
      const next = Math.min(...[...tasks].map(({ dueAt }) => dueAt), untilMs)
      if (now() >= untilMs) return
      await leap(Math.min(next, surroundings.nextDueAt() ?? untilMs))
    }
  }
  return {
    ...system,
    now,
    after,
    advance,
    jump: async (ms) => {
      await leap(now() + ms)
    },
    stop: () => {
      for (const task of [...tasks]) task.cancel()
    },
  }
}
