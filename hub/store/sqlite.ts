import assert from 'node:assert'
import Database from 'libsql'
import { Unavailable } from '../connector.ts'

/** What a column holds. Whole numbers up to 2^53 come back as number, greater ones as bigint, blobs as Uint8Array. */
export type SqlValue = string | number | bigint | null | Uint8Array
/** One row of a result, by the names of its columns. */
export type SqlRow = { readonly [column: string]: SqlValue }

/**
 * One file of tables, used by one program at a time. Everything is synchronous; a commit is on the disk (fsync) when it
 * returns. While the disk takes no writes (full, broken) everything that writes throws `Unavailable`, and keeps nothing.
 */
export interface SqlDatabase {
  /** Runs one statement that writes; returns how many rows it changed. */
  run(sql: string, params?: readonly SqlValue[]): number
  all(sql: string, params?: readonly SqlValue[]): readonly SqlRow[]
  /** Runs statements without parameters or results: for schemas. */
  exec(sql: string): void
  /** Commits what `work` wrote, or nothing of it if it throws. It cannot be nested, and `work` must not be async. */
  transaction<T>(work: () => T): T
  close(): void
}

/**
 * Opens or creates a SQLite file (`:memory:` for none). The file stays locked until `close` or the end of the program, however
 * it ends; while another program has it, opening throws one sentence that says so.
 */
export function openSqlite(file: string): SqlDatabase {
  const database = new Database(file)
  try {
    prepareConnection(database)
  } catch (error) {
    database.close()
    if (isBusy(error)) {
      throw new Error(`data folder of ${file} is in use by another program`, { cause: error })
    }
    throw error
  }
  return connect(database)
}

function prepareConnection(database: Database.Database): void {
  database.defaultSafeIntegers(true)
  database.exec('PRAGMA busy_timeout = 200')
  // Before WAL: SQLite then needs no shared-memory file, and holds the lock from the first transaction on.
  database.exec('PRAGMA locking_mode = EXCLUSIVE')
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('PRAGMA synchronous = FULL')
  database.exec('PRAGMA foreign_keys = ON')
  database.exec('BEGIN IMMEDIATE')
  database.exec('COMMIT')
}

function connect(database: Database.Database): SqlDatabase {
  const statements = new Map<string, Database.Statement>()
  const prepared = (sql: string): Database.Statement => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const statement = database.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  return {
    run: (sql, params = []) => onDisk(() => prepared(sql).run(params.map(toBound)).changes),
    all: (sql, params = []) => onDisk(() => prepared(sql).all(params.map(toBound)).map(toRow)),
    exec: (sql) => {
      onDisk(() => database.exec(sql))
    },
    transaction: (work) => onDisk(() => runTransaction(database, work)),
    close: () => {
      statements.clear()
      releaseLock(database)
      database.close()
    },
  }
}

/** libsql really closes a file only when its statements are garbage, so the lock is given back explicitly; one file remains. */
function releaseLock(database: Database.Database): void {
  database.exec('PRAGMA journal_mode = DELETE')
  database.exec('PRAGMA locking_mode = NORMAL')
  database.exec('SELECT count(*) FROM sqlite_master')
}

function runTransaction<T>(database: Database.Database, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // A full disk may have rolled it back already.
    if (database.inTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** libsql writes numbers as REAL, and ends the whole program when it is given a boolean. */
function toBound(value: SqlValue): SqlValue {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof value === 'string' || typeof value === 'bigint' || value === null) return value
  if (value instanceof Uint8Array) return value
  throw new TypeError(`a ${typeof value} cannot be stored in a column`)
}

function toRow(row: unknown): SqlRow {
  assert(isRow(row), 'SQLite gives rows as objects')
  for (const column in row) {
    const value = row[column]
    if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) {
      row[column] = Number(value)
    } else if (value instanceof ArrayBuffer) row[column] = new Uint8Array(value)
  }
  return row
}

function isRow(row: unknown): row is { [column: string]: SqlValue } {
  return typeof row === 'object' && row !== null
}

function onDisk<T>(access: () => T): T {
  try {
    return access()
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause)) throw cause
    if (!/^SQLITE_(FULL|IOERR|READONLY)/.test(String(cause.code))) throw cause
    throw new Unavailable(`the disk takes no writes: ${cause.message}`, { cause })
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')
}
