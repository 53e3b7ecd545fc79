import assert from 'node:assert/strict'
import type { SqlDatabase, SqlRow, SqlValue } from './sqlite.ts'

/** What a step reads and writes with. After a statement has failed, the step can only fail too. */
export interface SqlSession {
  all(sql: string, params: readonly SqlValue[]): Promise<readonly SqlRow[]>
  /** Runs a statement that writes; returns how many rows it changed. */
  run(sql: string, params: readonly SqlValue[]): Promise<number>
  /** Runs a statement that writes and ends with RETURNING. */
  returning(sql: string, params: readonly SqlValue[]): Promise<readonly SqlRow[]>
  /** Runs the task once, after the commit that makes this step durable; never if the step is rolled back. */
  onCommit(task: () => void): void
}

/** The same, with the marks that part one step from the next; a transaction begins with the first write of a batch. */
export interface StepSession extends SqlSession {
  beginStep(): void
  /** Keeps what the step wrote; throws when one of its statements failed, whatever became of that error. */
  keepStep(): void
  /** Undoes what the step wrote; throws when that is not possible, and then the whole batch is to be rolled back. */
  dropStep(): void
  /** Whether there is anything to commit. */
  hasWritten(): boolean
  /** Makes all kept steps durable; returns the tasks that were to follow. */
  commit(): readonly (() => void)[]
  rollBack(): void
  /** Rolls back, and refuses every later statement. */
  abandon(): void
}

type Progress = {
  begun: boolean
  inStep: boolean
  /** Whether this step has written, so that there is something to undo. */
  wrote: boolean
  /** What the step's first failed statement threw. */
  failure: { readonly error: unknown } | undefined
  abandoned: boolean
  stepTasks: (() => void)[]
  tasks: Set<() => void>
}

/** Makes the session of one file. Reads cost no transaction: only steps of this session ever write. */
export function createStepSession(database: SqlDatabase): StepSession {
  const progress: Progress = {
    begun: false,
    inStep: false,
    wrote: false,
    failure: undefined,
    abandoned: false,
    stepTasks: [],
    tasks: new Set(),
  }
  return { ...statements(database, progress), ...marks(database, progress) }
}

function statements(database: SqlDatabase, progress: Progress): SqlSession {
  const attempt = async <T>(statement: () => T): Promise<T> => {
    assert(!progress.abandoned, 'the store has crashed')
    assert(progress.inStep, 'a step used its transaction after its end')
    if (progress.failure) throw progress.failure.error
    try {
      return await Promise.resolve(statement())
    } catch (error) {
      progress.failure = { error }
      throw error
    }
  }
  const beginWrite = (): void => {
    if (progress.wrote) return
    if (!progress.begun) database.exec('BEGIN IMMEDIATE')
    progress.begun = true
    database.exec('SAVEPOINT step')
    progress.wrote = true
  }
  return {
    all: (sql, params) => attempt(() => database.all(sql, params)),
    run: (sql, params) =>
      attempt(() => {
        beginWrite()
        return database.run(sql, params)
      }),
    returning: (sql, params) =>
      attempt(() => {
        beginWrite()
        return database.all(sql, params)
      }),
    onCommit: (task) => {
      progress.stepTasks.push(task)
    },
  }
}

function marks(database: SqlDatabase, progress: Progress): Omit<StepSession, keyof SqlSession> {
  const endStep = (): void => {
    progress.inStep = false
    progress.wrote = false
    progress.failure = undefined
    progress.stepTasks = []
  }
  const endBatch = (): void => {
    endStep()
    progress.begun = false
    progress.tasks = new Set()
  }
  const rollBack = (): void => {
    // SQLite may have rolled back by itself (full disk, I/O error), and then says that there is no transaction.
    if (progress.begun)
      ignoreFailure(() => {
        database.exec('ROLLBACK')
      })
    endBatch()
  }
  return {
    beginStep: () => {
      progress.inStep = true
    },
    keepStep: () => {
      if (progress.failure) throw progress.failure.error
      if (progress.wrote) database.exec('RELEASE step')
      for (const task of progress.stepTasks) progress.tasks.add(task)
      endStep()
    },
    dropStep: () => {
      try {
        if (progress.wrote) database.exec('ROLLBACK TO step; RELEASE step')
      } catch (error) {
        // SQLite has undone the whole batch by itself: the statement that made it do so says why.
        throw progress.failure?.error ?? error
      }
      endStep()
    },
    hasWritten: () => progress.begun,
    commit: () => {
      if (progress.begun) database.exec('COMMIT')
      const tasks = [...progress.tasks]
      endBatch()
      return tasks
    },
    rollBack,
    abandon: () => {
      rollBack()
      progress.abandoned = true
    },
  }
}

function ignoreFailure(task: () => void): void {
  try {
    task()
  } catch {
    // Nothing is left to be done about it.
  }
}
