import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { createStepSession, type StepSession } from './step-session.ts'
import type { SqlDatabase } from './sqlite.ts'

/** Steps of many callers in one transaction: one flush to the disk serves them all. */
export interface GroupCommit {
  /** What the work of the running step reads and writes with. */
  readonly session: StepSession
  /** Runs work after all that was asked for before it; resolves once what it wrote is durable. */
  step<T>(work: () => Promise<T>): Promise<T>
  /** Finishes the steps that were asked for, then closes the file. */
  close(): Promise<void>
  /** Ends as a power cut would: what is not committed is lost, and open steps never settle. */
  crash(): void
}

const stepsPerCommitMax = 256

/** Does its work inside the batch and returns how to tell the caller, once the commit is done. */
type Step = {
  readonly run: () => Promise<() => void>
  readonly reject: (reason: unknown) => void
}

/**
 * Groups steps into commits, so that many share one fsync: a run takes all that are queued, each in a savepoint of its
 * own, commits once, and only then tells the callers. The clock sets runs off, so their order is the order of asking.
 * A commit that fails rejects every step of its run, and nothing of them is kept.
 */
export function createGroupCommit(
  database: SqlDatabase,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): GroupCommit {
  const queue: Step[] = []
  const session = createStepSession(database)
  let isClosed = false
  let isRunning = false
  const hasEnded = (): boolean => isClosed
  let onIdle = (): void => undefined

  const schedule = (): void => {
    if (isRunning || queue.length === 0) return
    isRunning = true
    clock.after(0, () => void runQueued())
  }

  const runQueued = async (): Promise<void> => {
    if (isClosed) return
    const settles = await runBatch({ session, log }, queue.splice(0, stepsPerCommitMax))
    // Only a crash closes while a batch runs, and then nobody is told anything.
    if (hasEnded()) return
    isRunning = false
    for (const settle of settles) settle()
    if (queue.length === 0) onIdle()
    else schedule()
  }

  return {
    session,
    step: (work) =>
      new Promise((resolve, reject) => {
        if (isClosed) throw new Error('the store is closed')
        queue.push({ run: () => runStep(session, { work, resolve, reject }), reject })
        schedule()
      }),
    close: async () => {
      if (isClosed) return
      if (isRunning) await new Promise<void>((resolve) => (onIdle = resolve))
      isClosed = true
      database.close()
    },
    crash: () => {
      if (isClosed) return
      isClosed = true
      queue.length = 0
      session.abandon()
      database.close()
    },
  }
}

/** Runs the steps one after the other and commits; returns what tells their callers, and what was to follow the commit. */
async function runBatch(
  { session, log }: { readonly session: StepSession; readonly log: Log },
  steps: readonly Step[],
): Promise<readonly (() => void)[]> {
  try {
    const settles: (() => void)[] = []
    for (const step of steps) settles.push(await step.run())
    return [...settles, ...session.commit()]
  } catch (error) {
    session.rollBack()
    log.error({ error, steps: steps.length }, 'commit failed')
    return steps.map(({ reject }) => {
      return () => {
        reject(error)
      }
    })
  }
}

/** Runs one step. Its own throw undoes its own writes; only a failure to undo them is thrown, and ends the batch. */
async function runStep<T>(
  session: StepSession,
  step: {
    readonly work: () => Promise<T>
    readonly resolve: (value: T) => void
    readonly reject: (reason: unknown) => void
  },
): Promise<() => void> {
  session.beginStep()
  try {
    const value = await step.work()
    session.keepStep()
    return () => {
      step.resolve(value)
    }
  } catch (error) {
    session.dropStep()
    return () => {
      step.reject(error)
    }
  }
}
