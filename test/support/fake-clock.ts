import type { Clock } from '../../hub/clock.ts'

/** A clock that stands still until a test moves it. */
export type FakeClock = Clock & {
  /** Moves time on by `ms`, running what falls due in order of its time; promises are drained after every task. */
  advance(ms: number): Promise<void>
  /** As if the machine had slept: moves time on at once, then runs all that fell due meanwhile. */
  jump(ms: number): Promise<void>
}

type Task = { readonly dueAt: number; readonly order: number; readonly run: () => void }

/**
 * Starts at `startMs` (default 2026-01-01T00:00:00Z). What is to run after 0 ms runs by itself in a later turn of the event
 * loop, so only waits need `advance`. Ids and random bytes come from the seed, so a test sees the same ones each time.
 */
export function createFakeClock(startMs = Date.UTC(2026, 0, 1), seed = 1): FakeClock {
  let nowMs = startMs
  let order = 0
  const tasks = new Set<Task>()
  const bytes = createSeededBytes(seed)
  const runDue = async (untilMs: number): Promise<void> => {
    await drain()
    for (;;) {
      const task = earliest(tasks)
      if (task === undefined || task.dueAt > untilMs) break
      tasks.delete(task)
      nowMs = Math.max(nowMs, task.dueAt)
      task.run()
      await drain()
    }
  }
  return {
    now: () => nowMs,
    after: (delayMs, run) => {
      const task = { dueAt: nowMs + Math.max(0, delayMs), order: order++, run }
      tasks.add(task)
      if (delayMs <= 0) {
        setImmediate(() => {
          if (tasks.delete(task)) task.run()
        })
      }
      return () => {
        tasks.delete(task)
      }
    },
    uuid: () => formatUuid(bytes(16)),
    randomBytes: bytes,
    async advance(ms) {
      const untilMs = nowMs + ms
      await runDue(untilMs)
      nowMs = untilMs
    },
    async jump(ms) {
      await drain()
      nowMs += ms
      await runDue(nowMs)
    },
  }
}

/** A few turns of the event loop: enough for chains of promises that do no I/O. */
export async function drain(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
}

function earliest(tasks: ReadonlySet<Task>): Task | undefined {
  let first: Task | undefined
  for (const task of tasks) {
    const isEarlier =
      first === undefined ||
      task.dueAt < first.dueAt ||
      (task.dueAt === first.dueAt && task.order < first.order)
    if (isEarlier) first = task
  }
  return first
}

function createSeededBytes(seed: number): (length: number) => Uint8Array {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) & 0xff
  }
  return (length) => Uint8Array.from({ length }, next)
}

function formatUuid(random: Uint8Array): string {
  const hex = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('')
  const variant = (8 + ((random[8] ?? 0) % 4)).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join('-')
}
