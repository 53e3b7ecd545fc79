import { chmodSync, existsSync, mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { lookFor, run, succeeds } from './command.ts'
import { hasDocker, runContainer } from './container.ts'
import { freePorts } from './free-ports.ts'
import { runProgram } from './program.ts'
import { startServer, type Runner, type Server, type ServerPorts } from './server.ts'

/** A PostgreSQL server, and new databases on it. */
export type PostgresServer = Server & {
  /** Makes an empty database; returns its URL. */
  createDatabase(): Promise<string>
}

const image = 'postgres:17-alpine'
const user = 'postgres'
const options = ['-c', 'max_connections=300']

/** Where and how a server runs. */
type Place = {
  readonly port: number
  readonly runner: Runner
  /** Runs one of the programs that came with it on it. */
  readonly ask: (program: string, ...args: readonly string[]) => Promise<string>
}

/**
 * Starts a PostgreSQL server of its own on a free port: from Docker where a daemon answers, or else from the programs on
 * this machine. Rejects with one sentence where neither is there.
 */
export async function startPostgres(ports: ServerPorts): Promise<PostgresServer> {
  const place = (await hasDocker()) ? await inDocker(ports) : await onThisMachine(ports)
  const { port, runner, ask } = place
  const isUp = (): Promise<boolean> => succeeds(ask('pg_isready'))
  const server = await startServer({ name: 'PostgreSQL', runner, isUp }, ports)
  let databases = 0
  return {
    ...server,
    createDatabase: async () => {
      const name = `kivuko_${String(++databases)}`
      await ask('createdb', name)
      return `postgres://${user}@127.0.0.1:${String(port)}/${name}`
    },
  }
}

async function inDocker({ clock, network }: ServerPorts): Promise<Place> {
  const [port = 0] = await freePorts(1, network)
  const name = `kivuko-postgres-${clock.uuid()}`
  const runner = runContainer({
    name,
    image,
    options: ['--publish', `127.0.0.1:${String(port)}:5432`],
    env: { POSTGRES_HOST_AUTH_METHOD: 'trust' },
    args: options,
  })
  // Over TCP: while it makes its files, the image runs a first server that listens on a file only.
  const ask: Place['ask'] = (program, ...args) =>
    run('docker', 'exec', name, program, '-h', '127.0.0.1', '-U', user, ...args)
  return { port, runner, ask }
}

async function onThisMachine({ network }: ServerPorts): Promise<Place> {
  const bin = await findPrograms()
  const folder = mkdtempSync(join(tmpdir(), 'kivuko-postgres-'))
  // Its owner is another user when this runs as root, which PostgreSQL refuses to.
  chmodSync(folder, 0o777)
  const files = join(folder, 'data')
  const [port = 0] = await freePorts(1, network)
  const initdb = [join(bin, 'initdb'), '-D', files, '-U', user, '-A', 'trust', '-E', 'UTF8']
  await run(...asPostgres(...initdb, '--no-sync'))
  const runner = runProgram({
    command: asPostgres(
      ...[join(bin, 'postgres'), '-D', files, '-p', String(port), ...options],
      ...['-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`],
    ),
    folder,
  })
  const at = ['-h', '127.0.0.1', '-p', String(port), '-U', user]
  const ask: Place['ask'] = (program, ...args) => run(join(bin, program), ...at, ...args)
  return { port, runner, ask }
}

const programs = ['initdb', 'postgres', 'pg_isready', 'createdb']

/** Folder of the programs: on the PATH, which may have links to some only, or where Debian puts them, the latest first. */
async function findPrograms(): Promise<string> {
  const found = await lookFor(
    'command -v initdb; ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -rV',
  )
  const folder = found
    .map((initdb) => dirname(realpathSync(initdb)))
    .find((each) => programs.every((program) => existsSync(join(each, program))))
  if (folder !== undefined) return folder
  throw new Error(
    'PostgreSQL needs a Docker daemon, or the package "postgresql", and found neither',
  )
}

/** PostgreSQL will not run as root: then as the user that its package made. */
function asPostgres(...command: readonly string[]): [string, ...string[]] {
  const isRoot = process.getuid?.() === 0
  const change = [`--reuid=${user}`, `--regid=${user}`, '--init-groups']
  return isRoot ? ['setpriv', ...change, ...command] : ['env', ...command]
}
