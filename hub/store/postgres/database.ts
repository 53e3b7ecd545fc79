import { DatabaseError, Pool, TypeOverrides, type PoolClient } from 'pg'
import { OutcomeUnknown, Unavailable } from '../../connector.ts'
import type { Log } from '../../log.ts'
import type { SqlRow, SqlValue } from '../sqlite.ts'

/** What runs one statement at a time; `?` stands for a parameter. Whole numbers come back as from SQLite. */
export interface Statements {
  all(sql: string, params?: readonly SqlValue[]): Promise<readonly SqlRow[]>
  /** Runs one statement that writes; returns how many rows it changed. */
  run(sql: string, params?: readonly SqlValue[]): Promise<number>
}

/** One connection, for one transaction at a time. */
export interface Connection extends Statements {
  /** Runs statements without parameters or results. */
  exec(sql: string): Promise<void>
  /** Ends the transaction. Throws `OutcomeUnknown` when the connection broke before the answer came. */
  commit(): Promise<void>
  /** Gives the connection back, or throws it away when it is broken; idempotent. */
  release(): void
}

/** Connections to one database. Each statement of its own is a transaction of its own. */
export interface Database extends Statements {
  /** Waits for a free connection. Throws `Unavailable` when there is none for 10 s. */
  connect(): Promise<Connection>
  /** Waits until the connections are given back, then ends them. */
  close(): Promise<void>
  /** Breaks all connections off at once; the server undoes what was not committed. */
  destroy(): void
}

/** Where the database is, and how many connections there may be at once. */
export type DatabaseConfig = { readonly url: string; readonly poolMax: number }

const waitMsMax = 10_000
const statementMsMax = 30_000
/** A process that stands still in the middle of a step holds others up no longer than this. */
const stepMsMax = 10_000

/**
 * Opens a pool; connections are made when they are needed, and made anew after they broke. A statement that found no
 * server or lost it rejects with `Unavailable`; other failures are the server's own errors.
 */
export function openDatabase(config: DatabaseConfig, { log }: { readonly log: Log }): Database {
  const pool = new Pool({
    connectionString: config.url,
    max: config.poolMax,
    connectionTimeoutMillis: waitMsMax,
    query_timeout: statementMsMax + 5_000,
    statement_timeout: statementMsMax,
    idle_in_transaction_session_timeout: stepMsMax,
    keepAlive: true,
    fallback_application_name: 'kivuko',
    // A step's BEGIN then travels with its first statement.
    pipeline: true,
    types: columnTypes(),
  })
  // Of connections that nobody uses; the next step makes new ones.
  pool.on('error', (error) => {
    log.warn({ error }, 'database connection lost')
  })
  const nameOf = createNames()
  const ready = new WeakSet<PoolClient>()
  const inUse = new Set<OwnConnection>()
  const connect = async (): Promise<Connection> => {
    const client = await reach(pool, ready)
    const connection = connectionOver(client, nameOf, () => inUse.delete(connection))
    inUse.add(connection)
    return connection
  }
  const alone = async <T>(work: (connection: Connection) => Promise<T>): Promise<T> => {
    const connection = await connect()
    try {
      return await work(connection)
    } finally {
      connection.release()
    }
  }
  return {
    connect,
    all: (sql, params) => alone((connection) => connection.all(sql, params)),
    run: (sql, params) => alone((connection) => connection.run(sql, params)),
    close: () => pool.end(),
    destroy: () => {
      for (const connection of inUse) connection.breakOff()
      void pool.end()
    },
  }
}

/** True when another transaction was in this one's way, so that the same again may succeed. */
export function isConflict(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '40001' || error.code === '40P01')
}

/** Integers as SQLite's driver gives them: `number` while that is exact. The library's own default is text. */
function columnTypes(): TypeOverrides {
  const types = new TypeOverrides()
  const int8 = 20
  types.setTypeParser(int8, (text) => {
    const value = BigInt(text)
    return Number.isSafeInteger(Number(value)) ? Number(value) : value
  })
  return types
}

/** What a failure of the database means to whoever asked: `Unavailable`, unless the server answered with an error of its own. */
function failureOf(error: unknown): unknown {
  if (!isLoss(error)) return error
  const hasCode = typeof error === 'object' && error !== null && 'code' in error
  const code = hasCode ? String(error.code) : 'no answer'
  return new Unavailable(`the database cannot be reached (${code})`, { cause: error })
}

/** Classes of SQLSTATE: connection lost, out of resources, told to stop, timed out. */
const lossCodes = /^(08|53|57|25P0[34])/

/** All but the server's word on a statement: the library throws plain errors when it lost the server. */
function isLoss(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return true
  return error.code === undefined || lossCodes.test(error.code)
}

type OwnConnection = Connection & { breakOff(): void }

async function reach(pool: Pool, ready: WeakSet<PoolClient>): Promise<PoolClient> {
  try {
    const client = await pool.connect()
    if (!ready.has(client)) {
      ready.add(client)
      await prepareClient(client)
    }
    return client
  } catch (error) {
    throw failureOf(error)
  }
}

/**
 * Sequential scans are put last because they would make a step conflict with everyone who writes to the table. A server
 * that acknowledges before the disk has it does so for others, not for us.
 */
async function prepareClient(client: PoolClient): Promise<void> {
  // The error is told to the statement that runs as well; without a listener it would end the program.
  client.on('error', () => undefined)
  try {
    await client.query(`SET enable_seqscan = off;
      SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') = 'off'`)
  } catch (error) {
    client.release(true)
    throw error
  }
}

function connectionOver(
  client: PoolClient,
  nameOf: (sql: string) => NamedSql,
  onRelease: () => void,
): OwnConnection {
  let [isReleased, isBroken] = [false, false]
  const release = (): void => {
    if (isReleased) return
    isReleased = true
    onRelease()
    client.release(isBroken)
  }
  const ask = async <T>(query: () => Promise<T>): Promise<T> => {
    try {
      return await query()
    } catch (error) {
      if (isLoss(error)) isBroken = true
      throw failureOf(error)
    }
  }
  const query = (sql: string, params: readonly SqlValue[] = []) => {
    const values = params.map(toBound)
    return ask(() => client.query<SqlRow>({ ...nameOf(sql), values }))
  }
  return {
    all: async (sql, params) => (await query(sql, params)).rows,
    run: async (sql, params) => (await query(sql, params)).rowCount ?? 0,
    exec: async (sql) => {
      await ask(() => client.query(sql))
    },
    commit: async () => {
      const { command } = await ask(() => client.query('COMMIT')).catch((error: unknown) => {
        if (!(error instanceof Unavailable)) throw error
        throw new OutcomeUnknown('the database was lost while it committed', { cause: error })
      })
      if (command !== 'COMMIT') throw new Error('the database rolled a step back by itself')
    },
    release,
    breakOff: () => {
      isBroken = true
      release()
    },
  }
}

type NamedSql = { readonly name: string; readonly text: string }

/** Each statement is parsed once per connection, under a name that is the same on all of them. */
function createNames(): (sql: string) => NamedSql {
  const known = new Map<string, NamedSql>()
  return (sql) => {
    const found = known.get(sql)
    if (found !== undefined) return found
    let count = 0
    const text = sql.replaceAll('?', () => `$${String(++count)}`)
    const named = { name: `kivuko-${String(known.size)}`, text }
    known.set(sql, named)
    return named
  }
}

function toBound(value: SqlValue): SqlValue {
  if (typeof value === 'string' || typeof value === 'bigint' || value === null) return value
  if (typeof value === 'number' || value instanceof Uint8Array) return value
  throw new TypeError(`a ${typeof value} cannot be stored in a column`)
}
