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
  /** An error that no command should have. */
  readonly report: (error: unknown, message: string) => void
}

/** Runs commands one after the other, many to a commit. */
export interface CommandQueue {
  /** Resolves once the command's effect is durable. Rejects with what it threw, or with why nothing could be committed. */
  ask<T>(command: () => T): Promise<T>
  /** A command that nobody waits for. It is forgotten when the state is restored. */
  submit(command: () => void): void
  /** Begins, or goes on, running commands. */
  open(): void
  /** Rejects all that is waiting and all that will come. */
  close(reason: Error): void
  /** Resolves once nothing is waiting. */
  idle(): Promise<void>
}

type Command = {
  readonly run: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  readonly isOwn: boolean
}

const commandsPerCommitMax = 512

/** A queue that waits until it is opened, and then commits whatever has gathered in one turn of the event loop. */
export function createCommandQueue(clock: Clock, batching: Batching): CommandQueue {
  let waiting: Command[] = []
  let state: 'waiting' | 'open' | Error = 'waiting'
  let isScheduled = false
  let idlers: (() => void)[] = []
  const schedule = (): void => {
    if (isScheduled || state !== 'open') return
    isScheduled = true
    clock.after(0, flush)
  }
  const restore = (): void => {
    batching.restore()
    waiting = waiting.filter(({ isOwn }) => !isOwn)
  }
  const flush = (): void => {
    isScheduled = false
    const batch = waiting.splice(0, commandsPerCommitMax)
    const settle = runBatch(batch, batching)
    if (settle.poisoned !== undefined) {
      restore()
      waiting.unshift(...batch.filter((command) => command !== settle.poisoned && !command.isOwn))
    } else if (settle.isLost) restore()
    else if (batch.length > 0) batching.committed()
    settle.answers.forEach((answer) => {
      answer()
    })
    if (waiting.length > 0) schedule()
    else
      idlers.splice(0).forEach((resolve) => {
        resolve()
      })
  }
  const add = (command: Command): void => {
    if (state instanceof Error) {
      command.reject(state)
      return
    }
    waiting.push(command)
    schedule()
  }
  return {
    ask: (run) =>
      new Promise((resolve, reject) => {
        add({
          run,
          resolve: (value) => {
            resolve(value as Awaited<ReturnType<typeof run>>)
          },
          reject,
          isOwn: false,
        })
      }),
    submit: (run) => {
      add({ run, resolve: ignore, reject: ignore, isOwn: true })
    },
    open: () => {
      state = 'open'
      schedule()
    },
    close: (reason) => {
      while (state === 'open' && waiting.length > 0) flush()
      state = reason
      waiting.splice(0).forEach(({ reject }) => {
        reject(reason)
      })
      idlers.splice(0).forEach((resolve) => {
        resolve()
      })
    },
    idle: () =>
      waiting.length === 0 && state !== 'waiting'
        ? Promise.resolve()
        : new Promise((resolve) => {
            idlers.push(resolve)
          }),
  }
}

type Outcome = {
  readonly answers: readonly (() => void)[]
  /** Nothing was committed. */
  readonly isLost?: boolean
  /** The command that must not be run again; the others shall be. */
  readonly poisoned?: Command
}

function runBatch(batch: readonly Command[], batching: Batching): Outcome {
  const answers: (() => void)[] = []
  for (const command of batch) {
    try {
      const value = command.run()
      answers.push(() => {
        command.resolve(value)
      })
    } catch (error) {
      if (!batching.isRejection(error)) {
        batching.report(error, 'engine command failed')
        return {
          answers: [
            () => {
              command.reject(error)
            },
          ],
          poisoned: command,
        }
      }
      answers.push(() => {
        command.reject(error)
      })
    }
  }
  try {
    batching.commit()
    return { answers }
  } catch (error) {
    batching.report(error, 'engine could not commit')
    return {
      answers: batch.map(({ reject }) => () => {
        reject(error)
      }),
      isLost: true,
    }
  }
}

function ignore(): void {
  // Nobody waits for the engine's own commands.
}
