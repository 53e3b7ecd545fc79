import { Client } from 'pg'
import { startDockerPostgres } from './postgres-docker.ts'
import { findPostgresPrograms, startLocalPostgres } from './postgres-local.ts'

/** A PostgreSQL server that a test may break. */
export type PostgresServer = {
  /** Of a database on it, that exists or not. */
  urlOf(database: string): string
  /** Ends it as a power cut of its machine would: at once, with every process of it. */
  kill(): Promise<void>
  /** Starts it again where it was killed, on the same port and files; resolves when it answers. */
  start(): Promise<void>
  /** Ends it for good and removes what it wrote. */
  remove(): Promise<void>
}

/** A PostgreSQL server, and new databases on it. */
export type PostgresUnderTest = PostgresServer & {
  /** Makes an empty database; returns its URL. */
  createDatabase(): Promise<string>
  /** Runs statements on a database, as its owner. */
  ask(url: string, sql: string): Promise<readonly Record<string, unknown>[]>
}

/**
 * Starts a PostgreSQL server of its own on a free port: from the programs on this machine, or else from Docker. Throws one
 * sentence where neither is there: a suite that was asked for is never left out.
 */
export async function startPostgres(): Promise<PostgresUnderTest> {
  const programs = findPostgresPrograms()
  const server =
    programs === undefined ? await startDockerPostgres() : await startLocalPostgres(programs)
  await server.start()
  let databases = 0
  return {
    ...server,
    createDatabase: async () => {
      const name = `kivuko_${String(++databases)}`
      await ask(server.urlOf('postgres'), `CREATE DATABASE ${name}`)
      return server.urlOf(name)
    },
    ask,
  }
}

/** Waits until a server answers at a URL; throws its last answer after the given number of tries, 100 ms apart. */
export async function untilItAnswers(url: string, triesMax = 300): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await ask(url, 'SELECT 1')
      return
    } catch (error) {
      if (tries === triesMax) throw error
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 100)
    })
  }
}

async function ask(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}
