import { randomBytes, randomUUID } from 'node:crypto'

/** A source of time, ids and randomness; the only one the hub may use (ARCHITECTURE.md §9), so that a run can be replayed. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number
  /** Runs the task once, `delayMs` from now (0 = soon, never at once); returns its cancellation, which is idempotent. */
  after(delayMs: number, task: () => void): () => void
  /** A random (v4) UUID in lower case. */
  uuid(): string
  randomBytes(length: number): Uint8Array
}

/** The machine's own time, timers and randomness. A pending timer keeps the program alive. */
export function createSystemClock(): Clock {
  return {
    now: Date.now,
    after: (delayMs, task) => {
      if (delayMs <= 0) {
        const immediate = setImmediate(task)
        return () => {
          clearImmediate(immediate)
        }
      }
      return afterLong(delayMs, task)
    },
    uuid: randomUUID,
    randomBytes: (length) => randomBytes(length),
  }
}

/** Node fires a timer of more than 2^31 - 1 ms at once, so longer waits are taken in stages. */
function afterLong(delayMs: number, task: () => void): () => void {
  const stageMs = Math.min(delayMs, 2_147_483_647)
  let cancel = (): void => {
    clearTimeout(timer)
  }
  const timer = setTimeout(() => {
    if (delayMs > stageMs) cancel = afterLong(delayMs - stageMs, task)
    else task()
  }, stageMs)
  return () => {
    cancel()
  }
}
