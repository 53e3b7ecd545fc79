import { randomBytes, randomUUID } from 'node:crypto'

/**
 * A source of time, ids and randomness, and of waiting: the only one the sandbox may use, so that a run can be
 * replayed from its seed.
 */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number
  /** Runs the task once, `delayMs` from now (0 = soon, never at once); returns its cancellation, which is idempotent. */
  after(delayMs: number, task: () => void): () => void
  /** A random (v4) UUID in lower case. */
  uuid(): string
  randomBytes(length: number): Uint8Array
}

/** The machine's own clock and its cryptographic randomness. A task that waits keeps the program running. */
export function createSystemClock(): Clock {
  return {
    now: () => Date.now(),
    after(delayMs, task) {
      const timer = setTimeout(task, delayMs)
      return () => {
        clearTimeout(timer)
      }
    },
    uuid: () => randomUUID(),
    randomBytes: (length) => randomBytes(length),
  }
}
