import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hubRoles, type HubRole } from '../../../hub/config/parts.ts'
import { defaultTimes } from '../../../hub/config.ts'
import type { Times } from '../../../hub/workflow.ts'
import type { LabUrls } from '../../books/collect.ts'
import { openFront } from './front.ts'
import { freePorts } from '../../servers/free-ports.ts'
import type { ServerPorts } from '../../servers/server.ts'
import { closeAll, type Close } from '../closing.ts'
import { hubConfig } from '../hub-config.ts'
import { planLab, type Plan } from '../plan.ts'
import { onFreePorts } from '../ports.ts'
import { startWorldThread } from '../world-thread.ts'
import { startHubProcess, type HubProcess } from './hub-process.ts'
import { startServers, type ClusterServers } from './servers.ts'

/** What is asked of a cluster. */
export type ClusterOptions = {
  /** Where the world's files, the keys and what the processes say are. It must be a new one. */
  readonly dataDir: string
  /** What each process is for; one for each role unless it is told. */
  readonly processes?: readonly (readonly HubRole[])[]
  /** Banks that speak FSPIOP themselves instead of through the hub. */
  readonly direct?: readonly string[]
  readonly times?: Partial<Times>
  /** After how long a job of a worker that was killed is offered to another. */
  readonly jobTimeoutMs?: number
  /** The folder of the compiled code, where it is not this one. */
  readonly compiled?: string
  /** Told what is being started, for a person who waits. */
  readonly say?: (words: string) => void
}

/** A cluster that is up: servers, the four banks and the switch, and the hub's processes. */
export type Cluster = {
  /** Where everybody answers; the hub's address is a front before its channels. */
  readonly lab: LabUrls & { readonly operators: Readonly<Record<string, string>> }
  readonly servers: ClusterServers
  readonly processes: readonly HubProcess[]
  /** Where the hub tells events. */
  readonly topic: string
  /** Where the hub keeps what it knows. */
  readonly databaseUrl: string
  /** Ends everything, the servers last, and removes their files. */
  close(): Promise<void>
}

const topic = 'kivuko.transfers'
const defaultJobTimeoutMs = 20_000
/** Twelve processes and more share one server's hundreds. */
const poolMax = 8

/**
 * Starts PostgreSQL, Zeebe and Kafka (from Docker, or else as programs of this machine), the world of the lab, and the hub
 * as processes that share them. Rejects with one sentence when something does not come up, and leaves nothing running.
 */
export async function startCluster(options: ClusterOptions, ports: ServerPorts): Promise<Cluster> {
  const { say = () => undefined } = options
  const opened: Close[] = []
  try {
    say('Starting PostgreSQL, Zeebe and Kafka.')
    const servers = await startServers(ports)
    opened.push(...Object.values(servers).map(({ stop }) => stop))
    const databaseUrl = await servers.postgres.createDatabase()
    say("Starting four banks, a switch and the hub's processes.")
    const under = { ...options, servers, databaseUrl }
    const { lab, processes, close } = await onFreePorts(ports.network, (basePort) =>
      openHub(basePort, under, ports),
    )
    opened.push(close)
    return { lab, servers, processes, topic, databaseUrl, close: () => closeAll(opened) }
  } catch (failure) {
    await closeAll(opened)
    throw failure
  }
}

type Under = ClusterOptions & { readonly servers: ClusterServers; readonly databaseUrl: string }

/** The hub and the world, on servers that are up. */
async function openHub(
  basePort: number,
  options: Under,
  ports: ServerPorts,
): Promise<Pick<Cluster, 'lab' | 'processes' | 'close'>> {
  const groups = options.processes ?? hubRoles.map((role) => [role])
  const places = await placesOf(groups, ports)
  const opened: Close[] = []
  try {
    const behind = (role: HubRole): readonly number[] =>
      places.filter(({ roles }) => roles.includes(role)).map(({ port }) => port)
    const front = await openFront(basePort, behind('channel'))
    opened.push(front.close)
    const peersFront = await openFront(0, behind('peers'))
    opened.push(peersFront.close)
    const plan = await planCluster({ ...options, basePort, peersUrl: peersFront.url }, ports)
    const compiled = options.compiled ?? fileURLToPath(new URL('../../../', import.meta.url))
    opened.push(await startWorldThread(plan, join(compiled, 'sandbox/lab/world-thread.js')))
    const configFile = writeConfig(plan, options)
    const program = join(compiled, 'hub/cli.js')
    const folder = join(options.dataDir, 'processes')
    const processes = await startAll(
      places.map((place) => ({ ...place, configFile, program, folder })),
      ports,
    )
    opened.push(...processes.map(({ stop }) => stop))
    return { lab: urlsOf(plan), processes, close: () => closeAll(opened) }
  } catch (failure) {
    await closeAll(opened)
    throw failure
  }
}

type ProcessPlace = {
  readonly name: string
  readonly roles: readonly HubRole[]
  readonly port: number
}

async function placesOf(
  groups: readonly (readonly HubRole[])[],
  { network }: ServerPorts,
): Promise<readonly ProcessPlace[]> {
  const free = await freePorts(groups.length, network)
  return groups.map((roles, n) => ({
    name: `${roles.join('+').replaceAll(':', '-')}-${String(n + 1)}`,
    roles,
    port: free[n] ?? 0,
  }))
}

/** All at once: each is a process of its own, and the store's migrations are safe. */
async function startAll(
  places: readonly Parameters<typeof startHubProcess>[0][],
  ports: ServerPorts,
): Promise<readonly HubProcess[]> {
  const settled = await Promise.allSettled(places.map((place) => startHubProcess(place, ports)))
  const started = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const failed = settled.find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') {
    await closeAll(started.map(({ stop }) => stop))
    throw failed.reason
  }
  return started
}

type PlanParts = Under & { readonly basePort: number; readonly peersUrl: string }

/** As in a lab of one process, but what the switch tells goes to a front of its own. */
async function planCluster(
  { basePort, dataDir, direct = [], times, peersUrl }: PlanParts,
  { clock }: ServerPorts,
): Promise<Plan> {
  mkdirSync(dataDir, { recursive: true })
  const allTimes = { ...defaultTimes, ...times }
  const plan = await planLab({ basePort, dataDir, direct, times: allTimes }, clock)
  const banks = plan.banks.map((bank) =>
    bank.behindHub ? { ...bank, callbackUrl: `${peersUrl}/fsp/${bank.seed.name}` } : bank,
  )
  return { ...plan, banks }
}

/** What all processes read; what each is for and where it listens is in its environment. */
function writeConfig(plan: Plan, options: Under): string {
  const { servers, databaseUrl, times, jobTimeoutMs = defaultJobTimeoutMs } = options
  const {
    port: _port,
    dataDir: _dataDir,
    ...shared
  } = hubConfig(plan, { ...defaultTimes, ...times })
  const config = {
    ...shared,
    engine: 'zeebe',
    zeebe: { gatewayAddress: servers.zeebe.gatewayAddress, jobTimeoutMs },
    store: 'postgres',
    postgres: { url: databaseUrl, poolMax },
    events: 'kafka',
    kafka: { brokers: servers.kafka.brokers, topic },
    logLevel: 'warn',
  }
  const file = join(plan.dataDir, 'hub.json')
  writeFileSync(file, JSON.stringify(config, null, 2), { mode: 0o600 })
  return file
}

function urlsOf({ hubUrl, switchUrl, banks }: Plan): Cluster['lab'] {
  const entries = banks.map(({ seed, url }): [string, string] => [seed.name, url])
  return { hub: hubUrl, switch: switchUrl, banks: Object.fromEntries(entries), operators: {} }
}
