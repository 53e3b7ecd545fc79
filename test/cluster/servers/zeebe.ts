import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { root } from '../../tidy/tree.ts'
import { freePorts } from './free-ports.ts'
import { startRecordSink, type ZeebeRecord } from './zeebe-records.ts'

/** A broker that is up, alone, on files of its own. */
export type ZeebeServer = {
  readonly gatewayAddress: string
  /** What it has done since its first start. */
  readonly records: readonly ZeebeRecord[]
  /** Moves its clock on; after a restart it is the machine's again. */
  moveClock(ms: number): Promise<void>
  /** Ends it as a power cut would. */
  kill(): Promise<void>
  /** Starts it again, on its files. */
  start(): Promise<void>
  /** Ends it, and removes its files. */
  stop(): Promise<void>
}

const version = '8.5.8'
const tools = join(root, '.tools/zeebe')
const startMsMax = 120_000

type Runner = {
  start(): Promise<void>
  kill(): Promise<void>
  remove(): void
  /** Why it ended by itself, with what it said last; undefined while it runs. */
  ended(): string | undefined
}

/**
 * Starts a broker from its image where a Docker daemon answers, or else as a Java process, and waits until it is ready. One
 * that does not export keeps no `records`, and is faster.
 */
export async function startZeebe({ isExporting = true } = {}): Promise<ZeebeServer> {
  const ports = await pickPorts()
  const sink = await startRecordSink(ports.sink)
  const settings = { ...settingsOf(ports), ...(isExporting ? exporterTo(ports.sink) : {}) }
  const runner = hasDocker() ? dockerRunner(settings) : javaRunner(settings)
  const actuator = `http://127.0.0.1:${ports.management}`
  const start = async (): Promise<void> => {
    await runner.start()
    await untilReady(`${actuator}/ready`, runner)
  }
  const stop = async (): Promise<void> => {
    await runner.kill()
    runner.remove()
    await sink.close()
  }
  await start().catch(async (failure: unknown) => {
    await stop()
    throw failure
  })
  return {
    gatewayAddress: `127.0.0.1:${ports.gateway}`,
    records: sink.records,
    moveClock: async (ms) => {
      const answer = await fetch(`${actuator}/actuator/clock/add`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ offsetMilli: ms }),
      })
      if (!answer.ok) throw new Error(`the broker's clock was not set: ${await answer.text()}`)
    },
    kill: () => runner.kill(),
    start,
    stop,
  }
}

type Ports = Readonly<
  Record<'gateway' | 'command' | 'internal' | 'rest' | 'management' | 'sink', number>
>

async function pickPorts(): Promise<Ports> {
  const [gateway = 0, command = 0, internal = 0, rest = 0, management = 0, sink = 0] =
    await freePorts(6)
  return { gateway, command, internal, rest, management, sink }
}

type Settings = Readonly<Record<string, string>>

function settingsOf(ports: Ports): Settings {
  const host = '127.0.0.1'
  return {
    ZEEBE_CLOCK_CONTROLLED: 'true',
    ZEEBE_BROKER_GATEWAY_ENABLE: 'true',
    ZEEBE_BROKER_NETWORK_HOST: host,
    ZEEBE_BROKER_GATEWAY_NETWORK_HOST: host,
    ZEEBE_BROKER_GATEWAY_NETWORK_PORT: String(ports.gateway),
    ZEEBE_BROKER_NETWORK_COMMANDAPI_PORT: String(ports.command),
    ZEEBE_BROKER_NETWORK_INTERNALAPI_PORT: String(ports.internal),
    ZEEBE_BROKER_CLUSTER_INITIALCONTACTPOINTS: `${host}:${ports.internal}`,
    ZEEBE_BROKER_CLUSTER_PARTITIONSCOUNT: '1',
    ZEEBE_BROKER_DATA_LOGSEGMENTSIZE: '16MB',
    ZEEBE_BROKER_DATA_DISK_FREESPACE_PROCESSING: '1GB',
    ZEEBE_BROKER_DATA_DISK_FREESPACE_REPLICATION: '512MB',
    ZEEBE_BROKER_EXPERIMENTAL_ROCKSDB_MEMORYLIMIT: '64MB',
    SERVER_ADDRESS: host,
    SERVER_PORT: String(ports.rest),
    MANAGEMENT_SERVER_ADDRESS: host,
    MANAGEMENT_SERVER_PORT: String(ports.management),
    JAVA_TOOL_OPTIONS: '-Xms128m -Xmx512m -XX:+ExitOnOutOfMemoryError',
  }
}

function exporterTo(port: number): Settings {
  return {
    ZEEBE_BROKER_EXPORTERS_SINK_CLASSNAME: 'io.camunda.zeebe.exporter.ElasticsearchExporter',
    ZEEBE_BROKER_EXPORTERS_SINK_ARGS_URL: `http://127.0.0.1:${port}`,
    ZEEBE_BROKER_EXPORTERS_SINK_ARGS_BULK_SIZE: '1',
    ZEEBE_BROKER_EXPORTERS_SINK_ARGS_INDEX_JOBBATCH: 'true',
    ZEEBE_BROKER_EXPORTERS_SINK_ARGS_INDEX_MESSAGE: 'true',
  }
}

/** The broker's ports are the machine's own, which only Docker on Linux can do without being told. */
function hasDocker(): boolean {
  return process.platform === 'linux' && succeeds('docker', ['info'])
}

function dockerRunner(settings: Settings): Runner {
  const name = `kivuko-zeebe-${process.pid}-${Date.now()}`
  const env = Object.entries(settings).flatMap(([key, value]) => ['--env', `${key}=${value}`])
  let isCreated = false
  return {
    start: async () => {
      if (isCreated) run('docker', ['start', name])
      else
        run('docker', [
          'run',
          '-d',
          '--name',
          name,
          '--network',
          'host',
          ...env,
          `camunda/zeebe:${version}`,
        ])
      isCreated = true
    },
    kill: async () => {
      if (isCreated) succeeds('docker', ['kill', '--signal', 'KILL', name])
    },
    remove: () => {
      if (isCreated) run('docker', ['rm', '--force', '--volumes', name])
    },
    ended: () =>
      run('docker', ['inspect', '--format', '{{.State.Running}}', name]).trim() === 'true'
        ? undefined
        : run('docker', ['logs', '--tail', '20', name]),
  }
}

function javaRunner(settings: Settings): Runner {
  const java = findJava()
  const home = fetchDistribution()
  const folder = join(tools, `run-${process.pid}-${Date.now()}`)
  const log = join(folder, 'broker.log')
  const data = join(folder, 'data')
  mkdirSync(data, { recursive: true })
  const opened = ['jdk.internal.misc', 'sun.nio.ch', 'java.nio']
  const args = [
    ...opened.flatMap((name) => ['--add-opens', `java.base/${name}=ALL-UNNAMED`]),
    ...['--add-exports', 'java.base/jdk.internal.misc=ALL-UNNAMED'],
    // A short-lived broker is up sooner, and leaves more of the machine to what it is there for.
    '-XX:TieredStopAtLevel=1',
    `-Dapp.home=${folder}`,
    ...['-cp', [join(home, 'config'), join(home, 'lib/*')].join(':')],
    'io.camunda.zeebe.broker.StandaloneBroker',
  ]
  let child: ChildProcess | undefined
  const killNow = (): void => {
    child?.kill('SIGKILL')
  }
  process.once('exit', killNow)
  return {
    start: async () => {
      const out = openSync(log, 'a')
      child = spawn(java, args, {
        cwd: folder,
        env: { ...process.env, ...settings, ZEEBE_BROKER_DATA_DIRECTORY: data },
        stdio: ['ignore', out, out],
      })
      closeSync(out)
    },
    kill: async () => {
      if (child === undefined || hasEnded(child)) return
      const exit = once(child, 'exit')
      killNow()
      await exit
    },
    remove: () => {
      process.off('exit', killNow)
      rmSync(folder, { recursive: true })
    },
    ended: () =>
      child !== undefined && hasEnded(child)
        ? readFileSync(log, 'utf8').split('\n').slice(-20).join('\n')
        : undefined,
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

/** Zeebe 8.5 needs Java 21 or later; the machine's own may be older than another that it has. */
function findJava(): string {
  const { JAVA_HOME } = process.env
  const folder = '/usr/lib/jvm'
  const homes = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []
  const candidates = [
    ...[...(JAVA_HOME === undefined ? [] : [JAVA_HOME]), ...homes].map((home) =>
      join(home, 'bin/java'),
    ),
    'java',
  ]
  const found = candidates.find((java) => versionOf(java) >= 21)
  if (found === undefined)
    throw new Error(
      'Zeebe needs a Docker daemon, or Java 21 or later (JAVA_HOME), and found neither',
    )
  return found
}

function versionOf(java: string): number {
  try {
    return Number(/^(?:openjdk|java) (\d+)/m.exec(run(java, ['--version']))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** The whole distribution lies on Maven Central; it is fetched once. */
function fetchDistribution(): string {
  const home = join(tools, `camunda-zeebe-${version}`)
  if (existsSync(join(home, '.complete'))) return home
  mkdirSync(tools, { recursive: true })
  const artifact = `io.camunda:camunda-zeebe:${version}:tar.gz`
  run('mvn', [
    '-q',
    '-B',
    '-ntp',
    'dependency:copy',
    `-Dartifact=${artifact}`,
    `-DoutputDirectory=${tools}`,
  ])
  const archive = join(tools, `camunda-zeebe-${version}.tar.gz`)
  run('tar', ['-xzf', archive, '-C', tools])
  rmSync(archive)
  closeSync(openSync(join(home, '.complete'), 'w'))
  return home
}

function run(command: string, args: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

function succeeds(command: string, args: readonly string[]): boolean {
  try {
    run(command, args)
    return true
  } catch {
    return false
  }
}

async function untilReady(url: string, runner: Runner): Promise<void> {
  const endsAt = Date.now() + startMsMax
  for (;;) {
    const ended = runner.ended()
    if (ended !== undefined) throw new Error(`Zeebe ended before it was ready: ${ended}`)
    if (await isUp(url)) return
    if (Date.now() > endsAt) throw new Error(`Zeebe was not ready within ${startMsMax} ms`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function isUp(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  )
}
