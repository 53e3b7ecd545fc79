import { spawnSync } from 'node:child_process'
import { findFreePort } from './free-port.ts'
import { untilItAnswers, type PostgresServer } from './postgres-server.ts'

const image = 'postgres:17-alpine'

/** Makes a container of the official image, with its port on this machine only; `start` then runs it. */
export async function startDockerPostgres(): Promise<PostgresServer> {
  if (spawnSync('docker', ['info']).status !== 0) {
    throw new Error(
      'the cluster tests need PostgreSQL: install the package "postgresql", or start Docker',
    )
  }
  const port = await findFreePort()
  const id = docker(
    ...['create', '--publish', `127.0.0.1:${String(port)}:5432`],
    ...['--env', 'POSTGRES_HOST_AUTH_METHOD=trust', image, '-c', 'max_connections=200'],
  )
  const urlOf = (database: string): string =>
    `postgres://postgres@127.0.0.1:${String(port)}/${database}`
  return {
    urlOf,
    kill: async () => {
      docker('kill', id)
    },
    start: async () => {
      docker('start', id)
      await untilItAnswers(urlOf('postgres'))
    },
    remove: async () => {
      docker('rm', '--force', '--volumes', id)
    },
  }
}

function docker(...words: readonly string[]): string {
  const asked = spawnSync('docker', words, { encoding: 'utf8' })
  if (asked.status !== 0) throw new Error(`docker ${words[0] ?? ''} failed: ${asked.stderr}`)
  return asked.stdout.trim()
}
