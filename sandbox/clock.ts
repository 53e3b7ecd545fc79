/** A source of time, ids and randomness; the only one the sandbox may use (the project rule: nothing else reads the time), so that a run can be replayed. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number
  /** Runs the task once, `delayMs` from now (0 = soon, never at once); returns its cancellation, which is idempotent. */
  after(delayMs: number, task: () => void): () => void
  /** A random (v4) UUID in lower case. */
  uuid(): string
  randomBytes(length: number): Uint8Array
}
