import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './command.ts'
import { hasHostNetwork, runContainer } from './container.ts'
import { freePorts } from './free-ports.ts'
import { fetchOnce, findJava, makeRunFolder, runMaven, toolFolder } from './java.ts'
import { runProgram } from './program.ts'
import { startServer, type Runner, type Server, type ServerPorts } from './server.ts'

/** A broker that is up, alone, on files of its own. */
export type ZeebeServer = Server & {
  /** For `zeebe.gatewayAddress`: "127.0.0.1:26500". */
  readonly gatewayAddress: string
  /** Where its actuators are. */
  readonly managementUrl: string
}

/** Settings of the broker by their environment variables. */
export type ZeebeSettings = Readonly<Record<string, string>>

/** The last version that is free for production. */
const version = '8.5.8'
const javaMin = 21
const answerMsMax = 1_000

/**
 * Starts a broker of one partition from its image where a Docker daemon answers, or else as a Java process from its
 * published distribution, which Maven fetches once; waits until it is ready. `extra` are more of its settings.
 */
export async function startZeebe(extra: ZeebeSettings, ports: ServerPorts): Promise<ZeebeServer> {
  const at = await pickPorts(ports)
  const settings = { ...settingsOf(at), ...extra }
  const runner = (await hasHostNetwork())
    ? inDocker(settings, ports)
    : await onThisMachine(settings)
  const managementUrl = `http://127.0.0.1:${String(at.management)}`
  const isUp = (): Promise<boolean> =>
    answersWell(`${managementUrl}/actuator/health/readiness`, ports)
  const server = await startServer({ name: 'Zeebe', runner, isUp }, ports)
  return { ...server, gatewayAddress: `127.0.0.1:${String(at.gateway)}`, managementUrl }
}

type BrokerPorts = Readonly<
  Record<'gateway' | 'command' | 'internal' | 'rest' | 'management', number>
>

async function pickPorts({ network }: ServerPorts): Promise<BrokerPorts> {
  const [gateway = 0, command = 0, internal = 0, rest = 0, management = 0] = await freePorts(
    5,
    network,
  )
  return { gateway, command, internal, rest, management }
}

function settingsOf(ports: BrokerPorts): ZeebeSettings {
  const host = '127.0.0.1'
  return {
    ZEEBE_BROKER_GATEWAY_ENABLE: 'true',
    ZEEBE_BROKER_NETWORK_HOST: host,
    ZEEBE_BROKER_GATEWAY_NETWORK_HOST: host,
    ZEEBE_BROKER_GATEWAY_NETWORK_PORT: String(ports.gateway),
    ZEEBE_BROKER_NETWORK_COMMANDAPI_PORT: String(ports.command),
    ZEEBE_BROKER_NETWORK_INTERNALAPI_PORT: String(ports.internal),
    ZEEBE_BROKER_CLUSTER_INITIALCONTACTPOINTS: `${host}:${String(ports.internal)}`,
    ZEEBE_BROKER_CLUSTER_PARTITIONSCOUNT: '1',
    ZEEBE_BROKER_DATA_LOGSEGMENTSIZE: '16MB',
    ZEEBE_BROKER_DATA_DISK_FREESPACE_PROCESSING: '1GB',
    ZEEBE_BROKER_DATA_DISK_FREESPACE_REPLICATION: '512MB',
    ZEEBE_BROKER_EXPERIMENTAL_ROCKSDB_MEMORYLIMIT: '64MB',
    // A machine that is busy with everything else at once answers late; that is no reason to take in next to nothing.
    ZEEBE_BROKER_BACKPRESSURE_AIMD_REQUESTTIMEOUT: '2s',
    ZEEBE_BROKER_BACKPRESSURE_AIMD_MINLIMIT: '100',
    SERVER_ADDRESS: host,
    SERVER_PORT: String(ports.rest),
    MANAGEMENT_SERVER_ADDRESS: host,
    MANAGEMENT_SERVER_PORT: String(ports.management),
    JAVA_TOOL_OPTIONS: '-Xms128m -Xmx512m -XX:+ExitOnOutOfMemoryError',
  }
}

/** On the machine's own network, so that the ports are what the settings say. */
function inDocker(env: ZeebeSettings, { clock }: ServerPorts): Runner {
  const name = `kivuko-zeebe-${clock.uuid()}`
  return runContainer({
    name,
    image: `camunda/zeebe:${version}`,
    options: ['--network', 'host'],
    env,
  })
}

async function onThisMachine(settings: ZeebeSettings): Promise<Runner> {
  const java = await findJava('Zeebe', javaMin)
  const home = await fetchDistribution()
  const folder = makeRunFolder('zeebe')
  const data = join(folder, 'data')
  mkdirSync(data)
  const opened = ['jdk.internal.misc', 'sun.nio.ch', 'java.nio']
  const command = [
    java,
    ...opened.flatMap((name) => ['--add-opens', `java.base/${name}=ALL-UNNAMED`]),
    ...['--add-exports', 'java.base/jdk.internal.misc=ALL-UNNAMED'],
    `-Dapp.home=${folder}`,
    ...['-cp', [join(home, 'config'), join(home, 'lib/*')].join(':')],
    'io.camunda.zeebe.broker.StandaloneBroker',
  ]
  return runProgram({ command, folder, env: { ...settings, ZEEBE_BROKER_DATA_DIRECTORY: data } })
}

/** The whole distribution lies on Maven Central. */
function fetchDistribution(): Promise<string> {
  const tools = toolFolder('zeebe')
  return fetchOnce(join(tools, `camunda-zeebe-${version}`), async () => {
    const artifact = `io.camunda:camunda-zeebe:${version}:tar.gz`
    await runMaven('dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${tools}`)
    const archive = join(tools, `camunda-zeebe-${version}.tar.gz`)
    await run('tar', '-xzf', archive, '-C', tools)
    rmSync(archive)
  })
}

function answersWell(url: string, { network }: ServerPorts): Promise<boolean> {
  const asking = network.send({ method: 'GET', url, headers: {}, timeoutMs: answerMsMax })
  return asking.then(
    ({ status }) => status >= 200 && status < 300,
    () => false,
  )
}
