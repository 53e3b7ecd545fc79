import Database from 'libsql'

/** What a column holds: integers are bigint, whatever their size. */
export type StoredValue = string | bigint | null | Uint8Array

/** What a statement may be given; a number must be an integer. */
export type BoundValue = string | bigint | number | null | Uint8Array

/** A row by its column names. */
export type Row = Readonly<Record<string, StoredValue>>

/** A small synchronous SQLite database. Outside `transaction` every statement commits by itself. */
export interface Store {
  /** Runs one statement that gives no rows; returns how many it changed. */
  run(sql: string, ...values: readonly BoundValue[]): number
  /** Runs one INSERT; returns the number of the new row. */
  insert(sql: string, ...values: readonly BoundValue[]): bigint
  all(sql: string, ...values: readonly BoundValue[]): readonly Row[]
  /** Runs several statements, for schemas. */
  exec(sql: string): void
  /**
   * Runs `work` in one transaction, on disk when this returns. A throw inside rolls everything back and goes on to the
   * caller, and so does a commit that fails (disk full). Called inside another it is part of that one.
   */
  transaction<T>(work: () => T): T
  close(): void
}

/**
 * Opens (or creates) the file for this program alone; ':memory:' keeps nothing. Commits are synced to disk. Throws one
 * plain sentence when another program holds the file.
 */
export function openStore(file: string): Store {
  const database = open(file)
  const statements = new Map<string, Database.Statement>()
  const statement = (sql: string): Database.Statement => {
    const known = statements.get(sql)
    if (known) return known
    const fresh = database.prepare(sql)
    statements.set(sql, fresh)
    return fresh
  }
  return {
    run: (sql, ...values) => statement(sql).run(bound(values)).changes,
    insert: (sql, ...values) => BigInt(statement(sql).run(bound(values)).lastInsertRowid),
    all: (sql, ...values) => statement(sql).all(bound(values)).map(rowOf),
    exec: (sql) => {
      database.exec(sql)
    },
    transaction: (work) => inTransaction(database, work),
    close: () => {
      statements.clear()
      release(database)
    },
  }
}

/** Whether something failed because the disk takes no writes now: nothing of it was kept, and it may be tried again. */
export function isDiskFailure(failure: unknown): boolean {
  if (!(failure instanceof Error) || !('code' in failure)) return false
  return /^SQLITE_(FULL|IOERR|READONLY)/.test(String(failure.code))
}

function open(file: string): Database.Database {
  try {
    const database = new Database(file)
    database.prepare('PRAGMA locking_mode = EXCLUSIVE').all()
    database.prepare('PRAGMA journal_mode = WAL').all()
    database.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
    // The exclusive lock is taken by the first write, so one that changes nothing is made here.
    database.exec('BEGIN IMMEDIATE; COMMIT')
    database.defaultSafeIntegers(true)
    return database
  } catch (cause) {
    throw new Error(openProblem(file, cause), { cause })
  }
}

/**
 * libsql keeps a closed file locked until its statements are collected, so the lock is given back first; SQLite does that
 * only outside WAL mode.
 */
function release(database: Database.Database): void {
  database.prepare('PRAGMA journal_mode = DELETE').all()
  database.prepare('PRAGMA locking_mode = NORMAL').all()
  database.prepare('SELECT name FROM sqlite_master LIMIT 1').all()
  database.close()
}

function openProblem(file: string, cause: unknown): string {
  const words = cause instanceof Error ? cause.message : String(cause)
  if (/locked|busy/i.test(words)) return `${file} is in use by another program`
  return `cannot open ${file}: ${words}`
}

function inTransaction<T>(database: Database.Database, work: () => T): T {
  if (isInTransaction(database)) return work()
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (failure) {
    // SQLite rolls back by itself on some errors, and a second ROLLBACK would hide the first failure.
    if (isInTransaction(database)) database.exec('ROLLBACK')
    throw failure
  }
}

function isInTransaction(database: Database.Database): boolean {
  return database.inTransaction
}

/** libsql takes a lone null for "no parameters" unless the parameters come as one array. */
function bound(values: readonly BoundValue[]): unknown[] {
  return values.map((value) => {
    if (typeof value !== 'number') return value
    if (!Number.isSafeInteger(value)) throw new Error(`not an integer: ${String(value)}`)
    return BigInt(value)
  })
}

function rowOf(row: unknown): Row {
  const columns = row as Record<string, string | bigint | null | ArrayBuffer>
  const copy: Record<string, StoredValue> = {}
  for (const [name, value] of Object.entries(columns)) {
    copy[name] = typeof value === 'object' && value !== null ? new Uint8Array(value) : value
  }
  return copy
}
