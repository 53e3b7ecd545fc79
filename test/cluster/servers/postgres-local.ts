import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { findFreePort } from './free-port.ts'
import { untilItAnswers, type PostgresServer } from './postgres-server.ts'

/** Folder of `initdb` and `postgres`: on the PATH, or where Debian's packages put them, the latest version first. */
export function findPostgresPrograms(): string | undefined {
  const packaged = '/usr/lib/postgresql'
  const versions = existsSync(packaged) ? readdirSync(packaged).sort(byNumber) : []
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    ...versions.map((version) => join(packaged, version, 'bin')),
  ]
  return folders.find((folder) =>
    ['initdb', 'postgres'].every((program) => existsSync(join(folder, program))),
  )
}

function byNumber(a: string, b: string): number {
  return Number(b) - Number(a)
}

/** Makes a server's files in a temporary folder; `start` then runs it. */
export async function startLocalPostgres(programs: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'kivuko-postgres-'))
  // Its owner is another user when the tests run as root, which PostgreSQL refuses to.
  chmodSync(folder, 0o777)
  const files = join(folder, 'data')
  const port = await findFreePort()
  const urlOf = (database: string): string =>
    `postgres://postgres@127.0.0.1:${String(port)}/${database}`
  makeFiles(join(programs, 'initdb'), files)
  let server: ChildProcess | undefined
  const kill = async (): Promise<void> => {
    if (server?.pid === undefined || server.exitCode !== null) return
    const gone = once(server, 'exit')
    const workers = childrenOf(server.pid)
    server.kill('SIGKILL')
    for (const pid of workers) killIfThere(pid)
    await gone
    server = undefined
  }
  const command = [
    ...[join(programs, 'postgres'), '-D', files, '-p', String(port)],
    ...['-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`],
    ...['-c', 'max_connections=200'],
  ]
  return {
    urlOf,
    kill,
    start: async () => {
      // One that was killed a moment ago may still be letting go of its memory: the next one then ends at once.
      for (let tries = 1; tries <= 50; tries++) {
        server = run(command, folder)
        const ended = once(server, 'exit').then(() => 'ended' as const)
        const answered = untilItAnswers(urlOf('postgres')).then(() => 'answered' as const)
        answered.catch(() => undefined)
        if ((await Promise.race([ended, answered])) === 'answered') return
        await new Promise((resolve) => {
          setTimeout(resolve, 200)
        })
      }
      throw new Error(`PostgreSQL does not start: ${readFileSync(join(folder, 'log'), 'utf8')}`)
    },
    remove: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

/** What it says goes to a file of its own. */
function run(command: readonly string[], folder: string): ChildProcess {
  const log = openSync(join(folder, 'log'), 'a')
  const [program, ...words] = asPostgres(command)
  const server = spawn(program, words, { stdio: ['ignore', log, log] })
  closeSync(log)
  return server
}

function makeFiles(initdb: string, files: string): void {
  const [program, ...words] = asPostgres([
    ...[initdb, '-D', files, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
  ])
  const made = spawnSync(program, words, { encoding: 'utf8' })
  if (made.status !== 0) {
    throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`)
  }
}

/** PostgreSQL will not run as root: then as the user that its package made. */
function asPostgres(command: readonly string[]): [string, ...string[]] {
  const isRoot = process.getuid?.() === 0
  const user = ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups']
  const [program = '', ...words] = isRoot ? [...user, ...command] : command
  return [program, ...words]
}

/** The processes that a server has started, where the system tells. */
function childrenOf(pid: number): readonly number[] {
  const list = `/proc/${String(pid)}/task/${String(pid)}/children`
  if (!existsSync(list)) return []
  return readFileSync(list, 'utf8').split(' ').filter(Boolean).map(Number)
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It went with its parent.
  }
}
