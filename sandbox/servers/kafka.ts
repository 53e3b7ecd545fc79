import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NoResponse } from '../http.ts'
import { run } from './command.ts'
import { hasHostNetwork, runContainer } from './container.ts'
import { freePorts } from './free-ports.ts'
import { fetchOnce, findJava, makeRunFolder, runMaven, toolFolder } from './java.ts'
import { runProgram } from './program.ts'
import { startServer, type Runner, type Server, type ServerPorts } from './server.ts'

/** A broker that is up, alone, on files of its own. */
export type KafkaServer = Server & {
  /** For `kafka.brokers`: "127.0.0.1:9092". */
  readonly brokers: readonly string[]
}

const version = '3.9.1'
const javaMin = 17
const artifacts = [
  ['org.apache.kafka', 'kafka_2.13', version],
  ['org.slf4j', 'slf4j-simple', '1.7.36'],
]
/** Any sixteen bytes in base64: one broker meets no other. */
const clusterId = 'a2l2dWtvLWthZmthLTAwMQ'
const answerMsMax = 1_000

/**
 * Starts a broker that is its own controller, from its image where a Docker daemon answers, or else as a Java process from
 * the published artifacts, which Maven fetches once; waits until it is up. It makes no topic by itself.
 */
export async function startKafka(ports: ServerPorts): Promise<KafkaServer> {
  const [broker = 0, controller = 0] = await freePorts(2, ports.network)
  const settings = settingsOf(broker, controller)
  const runner = (await hasHostNetwork())
    ? inDocker(settings, ports)
    : await onThisMachine(settings)
  const isUp = (): Promise<boolean> => listens(`http://127.0.0.1:${String(broker)}`, ports)
  const server = await startServer({ name: 'Kafka', runner, isUp }, ports)
  return { ...server, brokers: [`127.0.0.1:${String(broker)}`] }
}

/** Settings by the names that the broker's file has. */
type Settings = Readonly<Record<string, string>>

function settingsOf(broker: number, controller: number): Settings {
  const client = `PLAINTEXT://127.0.0.1:${String(broker)}`
  const own = `127.0.0.1:${String(controller)}`
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${own}`,
    listeners: `${client},CONTROLLER://${own}`,
    'advertised.listeners': client,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'auto.create.topics.enable': 'false',
    'offsets.topic.num.partitions': '4',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'log.cleaner.dedupe.buffer.size': '16777216',
    // One that was killed is let in again once its controller thinks it gone.
    'broker.session.timeout.ms': '2000',
    'broker.heartbeat.interval.ms': '500',
  }
}

/** The image takes a setting as a variable, and keeps its files in the container. */
function inDocker(settings: Settings, { clock }: ServerPorts): Runner {
  const variables = Object.entries(settings).map(
    ([name, value]) => [`KAFKA_${name.toUpperCase().replaceAll('.', '_')}`, value] as const,
  )
  return runContainer({
    name: `kivuko-kafka-${clock.uuid()}`,
    image: `apache/kafka:${version}`,
    options: ['--network', 'host'],
    env: {
      ...Object.fromEntries(variables),
      CLUSTER_ID: clusterId,
      KAFKA_HEAP_OPTS: '-Xms256m -Xmx256m',
    },
  })
}

async function onThisMachine(settings: Settings): Promise<Runner> {
  const java = await findJava('Kafka', javaMin)
  const library = join(await fetchArtifacts(), '*')
  const folder = makeRunFolder('kafka')
  const file = join(folder, 'server.properties')
  const lines = Object.entries({ ...settings, 'log.dirs': join(folder, 'data') })
  writeFileSync(file, lines.map(([name, value]) => `${name}=${value}\n`).join(''))
  const program = [
    java,
    // A short-lived broker is up sooner, and leaves more of the machine to what it is there for.
    '-XX:TieredStopAtLevel=1',
    ...['-Xmx256m', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'],
    ...['-cp', library],
  ] as const
  await run(...program, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', file)
  return runProgram({ command: [...program, 'kafka.Kafka', file], folder })
}

/** Maven copies what a project needs, so it is given one. */
function fetchArtifacts(): Promise<string> {
  return fetchOnce(join(toolFolder('kafka'), version), async () => {
    const folder = join(toolFolder('kafka'), version)
    const project = join(folder, 'pom.xml')
    writeFileSync(project, projectOf(artifacts))
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime']
    await runMaven('-f', project, ...goal, `-DoutputDirectory=${folder}`)
  })
}

function projectOf(needed: readonly (readonly string[])[]): string {
  const identity = ([group, name, at]: readonly string[]): string =>
    `<groupId>${group ?? ''}</groupId><artifactId>${name ?? ''}</artifactId><version>${at ?? ''}</version>`
  const dependencies = needed.map((one) => `<dependency>${identity(one)}</dependency>`).join('')
  return (
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>' +
    `${identity(['kivuko', 'kafka', '1'])}<packaging>pom</packaging>` +
    `<dependencies>${dependencies}</dependencies></project>\n`
  )
}

/** A broker hangs up on who speaks HTTP to it, but then it does listen. */
function listens(url: string, { network }: ServerPorts): Promise<boolean> {
  const asking = network.send({ method: 'GET', url, headers: {}, timeoutMs: answerMsMax })
  return asking.then(
    () => true,
    (error: unknown) => error instanceof NoResponse,
  )
}
