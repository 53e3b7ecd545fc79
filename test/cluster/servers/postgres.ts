import { startDockerPostgres } from './postgres-docker.ts'
import { findPostgresPrograms, startLocalPostgres } from './postgres-local.ts'
import { ask, type PostgresServer } from './postgres-server.ts'

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
