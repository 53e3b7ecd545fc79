import type { Clock } from '../clock.ts'
import { Unavailable } from '../connector.ts'
import type { Log } from '../log.ts'
import { createStepSession, type StepSession } from './step-session.ts'
import type { SqlDatabase } from './sqlite.ts'

/** Steps of many callers in one transaction: one flush to the disk serves them all. */
export interface GroupCommit {
  /** What the work of the running step reads and writes with. */
  readonly session: StepSession
  /** Runs work after all that was asked for before it; resolves once what it wrote is durable. `Unavailable`: it is not. */
  step<T>(work: () => Promise<T>): Promise<T>
  /**
   * The same for work that nobody waits for: it joins the next commit that is made for others, or makes one of its own
   * after 20 ms. A crash before that undoes it.
   */
  stepLater<T>(work: () => Promise<T>): Promise<T>
  /** Finishes the steps that were asked for, then closes the file. */
  close(): Promise<void>
  /** Ends as a power cut would: what is not committed is lost, and no step settles any more. */
  crash(): void
}

const stepsPerCommitMax = 256
const laterMsMax = 20

/** Does its work inside the batch and returns how to tell the caller, once the commit is done. */
type Step = {
  readonly run: () => Promise<() => void>
  readonly reject: (reason: unknown) => void
}

/**
 * Groups steps into commits, so that many share one fsync: a run takes all that are queued, each in a savepoint of its
 * own, commits once, and only then tells the callers. The clock sets runs off, so their order is the order of asking.
 * A commit that fails rejects every step of its run as `Unavailable`, and nothing of them is kept.
 */
export function createGroupCommit(
  database: SqlDatabase,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): GroupCommit {
  const queue: Step[] = []
  const session = createStepSession(database)
  let [isClosed, hasCrashed, isRunning] = [false, false, false]
  let onIdle = (): void => undefined
  const hasEnded = (): boolean => isClosed
  const schedule = (): void => {
    if (isRunning || queue.length === 0) return
    isRunning = true
    clock.after(0, () => void runQueued())
  }
  const enqueue = (...steps: readonly Step[]): void => {
    queue.push(...steps)
    schedule()
  }
  const later = createLaterSteps(clock, enqueue)
  const runQueued = async (): Promise<void> => {
    if (isClosed) return
    const steps = queue.splice(0, stepsPerCommitMax)
    const settles = await runBatch({ session, log }, { steps, later })
    // Only a crash closes while a batch runs, and then nobody is told anything.
    if (hasEnded()) return
    isRunning = false
    for (const settle of settles) settle()
    if (queue.length === 0) onIdle()
    else schedule()
  }
  const ask = <T>(work: () => Promise<T>, then: (step: Step) => void): Promise<T> =>
    new Promise((resolve, reject) => {
      if (hasCrashed) return
      if (isClosed) throw new Error('the store is closed')
      then({ run: () => runStep(session, { work, resolve, reject }), reject })
    })
  const end = (): void => {
    isClosed = true
    database.close()
  }
  return {
    session,
    step: (work) => ask(work, enqueue),
    stepLater: (work) => ask(work, later.add),
    close: async () => {
      if (isClosed) return
      later.hurry()
      if (isRunning) await new Promise<void>((resolve) => (onIdle = resolve))
      end()
    },
    crash: () => {
      if (isClosed) return
      hasCrashed = true
      later.take()
      queue.length = 0
      session.abandon()
      end()
    },
  }
}

type LaterSteps = {
  readonly add: (step: Step) => void
  /** All that wait, which then wait no more. */
  readonly take: () => readonly Step[]
  /** Makes them steps like any other now. */
  readonly hurry: () => void
}

/** Keeps steps until somebody takes them, or until the first has waited long enough. */
function createLaterSteps(clock: Clock, enqueue: (...steps: readonly Step[]) => void): LaterSteps {
  const waiting: Step[] = []
  let cancel: (() => void) | undefined
  const take = (): readonly Step[] => {
    cancel?.()
    cancel = undefined
    return waiting.splice(0)
  }
  const hurry = (): void => {
    enqueue(...take())
  }
  const add = (step: Step): void => {
    waiting.push(step)
    cancel ??= clock.after(laterMsMax, hurry)
  }
  return { add, take, hurry }
}

/**
 * Runs the steps one after the other, and those of `later` if there is a commit to share, and commits; returns what tells
 * their callers, and what was to follow the commit.
 */
async function runBatch(
  { session, log }: { readonly session: StepSession; readonly log: Log },
  { steps, later }: { readonly steps: Step[]; readonly later: LaterSteps },
): Promise<readonly (() => void)[]> {
  const settles: (() => void)[] = []
  try {
    for (const step of steps) settles.push(await step.run())
    if (session.hasWritten()) {
      steps.push(...later.take())
      for (const step of steps.slice(settles.length)) settles.push(await step.run())
    }
    return [...settles, ...session.commit()]
  } catch (cause) {
    session.rollBack()
    log.error({ error: cause, steps: steps.length }, 'commit failed')
    const words = cause instanceof Error ? cause.message : String(cause)
    const failure = new Unavailable(`the store could not commit: ${words}`, { cause })
    return steps.map(({ reject }) => {
      return () => {
        reject(failure)
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
