import assert from 'node:assert/strict'
import type { SqlSession } from '../step-session.ts'
import type { Connection, Database } from './database.ts'
import type { Lane } from './lanes.ts'

/** One serializable transaction of one step. */
export interface Transaction {
  readonly session: SqlSession
  /** Throws what the first failed statement threw, whatever became of that error. */
  commit(): Promise<void>
  /** Leaves nothing of it. */
  undo(): Promise<void>
  /** What the first failed statement threw, if one failed. */
  failure(): unknown
}

/** Among which others of this process a transaction runs. */
export type TransactionPlace = { readonly lane: Lane; readonly hasCrashed: () => boolean }

/** Takes a connection with the first statement, so that a step without any costs none. */
export function createTransaction(database: Database, place: TransactionPlace): Transaction {
  const statements = createStatements(database, place)
  const { ask } = statements
  const tasks = new Set<() => void>()
  return {
    session: {
      all: async (sql, params) => {
        if (statements.begun() === undefined) {
          await place.lane.enter(JSON.stringify([sql, params.map(String)]))
        }
        return ask((connection) => connection.all(sql, params))
      },
      run: (sql, params) => ask((connection) => connection.run(sql, params)),
      returning: (sql, params) => ask((connection) => connection.all(sql, params)),
      onCommit: (task) => {
        tasks.add(task)
      },
    },
    commit: async () => {
      statements.end()
      const failed = statements.failed()
      if (failed) throw failed.error
      const connection = await statements.begun()
      assert(!place.hasCrashed(), 'the store has crashed')
      await connection?.commit()
      connection?.release()
      for (const task of tasks) task()
    },
    undo: async () => {
      statements.end()
      const connection = await statements.begun()?.catch(() => undefined)
      await connection?.exec('ROLLBACK').catch(() => undefined)
      connection?.release()
    },
    failure: () => statements.failed()?.error,
  }
}

type Failed = { readonly error: unknown }

/** The statements of one transaction: the first opens it, and after one has failed there are no more. */
function createStatements(
  database: Database,
  { hasCrashed }: TransactionPlace,
): {
  readonly ask: <T>(statement: (connection: Connection) => Promise<T>) => Promise<T>
  readonly begun: () => Promise<Connection> | undefined
  readonly failed: () => Failed | undefined
  readonly end: () => void
} {
  let begun: Promise<Connection> | undefined
  let failed: Failed | undefined
  let hasEnded = false
  const fail = (error: unknown): void => {
    failed ??= { error }
  }
  const begin = async (): Promise<Connection> => {
    const connection = await database.connect()
    // Not awaited: it travels with the first statement, which fails if this does.
    connection.exec('BEGIN ISOLATION LEVEL SERIALIZABLE').catch(fail)
    return connection
  }
  return {
    ask: async (statement) => {
      assert(!hasEnded, 'a step used its transaction after its end')
      if (failed) throw failed.error
      try {
        begun ??= begin()
        const connection = await begun
        assert(!hasCrashed(), 'the store has crashed')
        return await statement(connection)
      } catch (error) {
        fail(error)
        throw error
      }
    },
    begun: () => begun,
    failed: () => failed,
    end: () => {
      hasEnded = true
    },
  }
}
