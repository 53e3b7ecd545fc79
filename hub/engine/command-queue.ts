import type { Clock } from '../clock.ts'

/** What a queue does around its commands. */
export type Batching = {
  /** Makes all that the commands changed durable, or throws and has made nothing durable. */
  readonly commit: () => void
  /** Brings the state back to what was committed last. */
  readonly restore: () => void
  /** After a commit, before the callers hear of it. */
  readonly committed: () => void
  /** True for an error by which a command says no, having changed nothing. */
  readonly isRejection: (error: unknown) => boolean
  /** Hears of errors that no command should have. */
  readonly report: (error: unknown, message: string) => void
}

/** Runs commands one after the other, many to a commit. */
export interface CommandQueue {
  /** Resolves once the command's effect is durable. Rejects with what it threw, or with why nothing could be committed. */
  ask<T>(command: () => T): Promise<T>
  /** A command that nobody waits for. It is forgotten when the state is restored. */
  submit(command: () => void): void
  /** Begins to run commands. */
  open(): void
  isClosed(): boolean
  /** Runs what is waiting, if the queue is open, and rejects all that comes later. */
  close(reason: Error): void
  /** Ends as a power cut would, for tests: what waits is lost, and whoever asked never hears of it. */
  crash(): void
  /** Resolves once nothing is waiting. */
  idle(): Promise<void>
}

type Answer = () => void

type Command = {
  /** Does it, and returns how to tell whoever asked. */
  readonly run: () => Answer
  readonly reject: (error: unknown) => void
  readonly isOwn: boolean
}

const commandsPerCommitMax = 512

/** A queue that waits until it is opened, and then commits whatever has gathered in one turn of the event loop. */
export function createCommandQueue(clock: Clock, batching: Batching): CommandQueue {
  const waiting: Command[] = []
  const idlers: Answer[] = []
  let state: 'closed yet' | 'open' | 'crashed' | Error = 'closed yet'
  let isScheduled = false
  const schedule = (): void => {
    if (isScheduled || state !== 'open' || waiting.length === 0) return
    isScheduled = true
    clock.after(0, flush)
  }
  const flush = (): void => {
    isScheduled = false
    runBatch(waiting, batching)
    schedule()
    if (waiting.length === 0) callAll(idlers)
  }
  const add = (command: Command): void => {
    if (state instanceof Error) command.reject(state)
    else if (state !== 'crashed') {
      waiting.push(command)
      schedule()
    }
  }
  return {
    ask: (command) =>
      new Promise((resolve, reject) => {
        add({ run: () => resolve.bind(undefined, command()), reject, isOwn: false })
      }),
    submit: (command) => {
      add(ownCommand(command))
    },
    isClosed: () => state instanceof Error || state === 'crashed',
    open: () => {
      state = 'open'
      schedule()
      if (waiting.length === 0) callAll(idlers)
    },
    close: (reason) => {
      while (state === 'open' && waiting.length > 0) runBatch(waiting, batching)
      state = reason
      for (const command of waiting.splice(0)) command.reject(reason)
      callAll(idlers)
    },
    crash: () => {
      state = 'crashed'
      waiting.length = 0
    },
    idle: () =>
      waiting.length === 0 && state !== 'closed yet'
        ? Promise.resolve()
        : new Promise((resolve) => {
            idlers.push(resolve)
          }),
  }
}

/** Follow-up steps of a command: each is done after those asked for before it, all of them before the command ends. */
export interface Steps {
  later(step: () => void): void
  /** A command together with its steps. */
  including<T>(command: () => T): () => T
  /** Forgets the steps of a command that failed. */
  clear(): void
}

/** Far more than any diagram needs between two waits. */
const stepsPerCommandMax = 200_000

/** An empty list of steps. */
export function createSteps(): Steps {
  const steps: (() => void)[] = []
  return {
    later: (step) => {
      steps.push(step)
    },
    including: (command) => () => {
      const result = command()
      let doneCount = 0
      for (let step = steps[0]; step !== undefined; step = steps[doneCount]) {
        step()
        doneCount++
        if (doneCount > stepsPerCommandMax) throw new Error('a process goes round in circles')
      }
      steps.length = 0
      return result
    },
    clear: () => {
      steps.length = 0
    },
  }
}

function runBatch(waiting: Command[], batching: Batching): void {
  const batch = waiting.splice(0, commandsPerCommitMax)
  const answers: Answer[] = []
  for (const command of batch) {
    try {
      answers.push(command.run())
    } catch (error) {
      if (!batching.isRejection(error)) {
        batching.report(error, 'engine command failed')
        // The others did nothing wrong: they run again without it.
        waiting.unshift(...batch.filter((other) => other !== command))
        restore(waiting, batching)
        command.reject(error)
        return
      }
      answers.push(() => {
        command.reject(error)
      })
    }
  }
  try {
    batching.commit()
  } catch (error) {
    batching.report(error, 'engine could not commit')
    restore(waiting, batching)
    for (const command of batch) command.reject(error)
    return
  }
  batching.committed()
  callAll(answers)
}

/** The engine's own commands hold on to the state that is thrown away; they come anew from the one that is read. */
function restore(waiting: Command[], batching: Batching): void {
  batching.restore()
  waiting.splice(0, waiting.length, ...waiting.filter(({ isOwn }) => !isOwn))
}

function ownCommand(command: () => void): Command {
  const run = (): Answer => {
    command()
    return ignore
  }
  return { run, reject: ignore, isOwn: true }
}

function callAll(answers: Answer[]): void {
  for (const answer of answers.splice(0)) answer()
}

function ignore(): void {
  // Nobody waits for the engine's own commands.
}
