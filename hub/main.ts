import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fineractConfigSchema } from '../connectors/fineract/config.ts'
import { createFineractConnector } from '../connectors/fineract/connector.ts'
import { mojaloopConfigSchema } from '../connectors/mojaloop/config.ts'
import { createMojaloopConnector } from '../connectors/mojaloop/connector.ts'
import { createPartyRegistrationJobs } from '../workflows/party-registration/jobs.ts'
import { createPayeeLookupJobs } from '../workflows/payee-lookup/jobs.ts'
import { createPayeeQuoteJobs } from '../workflows/payee-quote/jobs.ts'
import { createPayeeTransferJobs } from '../workflows/payee-transfer/jobs.ts'
import { createPayerTransferJobs } from '../workflows/payer-transfer/jobs.ts'
import { apiFallbacks, openApiRoute } from './channel/api.ts'
import { createChannel } from './channel/channel.ts'
import { addClientCallback } from './channel/transfer-view.ts'
import type { Clock } from './clock.ts'
import type { HubConfigOf } from './config.ts'
import type { LedgerConnector, SwitchConnector } from './connector.ts'
import { createEmbeddedEngine } from './engine/embedded/embedded-engine.ts'
import type { Incident, WorkflowEngine } from './engine/engine.ts'
import { jobHandler, jobRetries, type JobPorts } from './engine/job-outcome.ts'
import { createRelay } from './events/relay.ts'
import type { Network, Route } from './http.ts'
import { showIncidents } from './legs/incident.ts'
import type { Log } from './log.ts'
import { createOperations } from './operations/operations.ts'
import { createPeers } from './peers/peers.ts'
import { createRouter } from './router.ts'
import { createSqliteStore } from './store/sqlite-store.ts'
import type { SqlDatabase } from './store/sqlite.ts'
import type { Store } from './store/store.ts'
import type { Jobs, WorkflowPorts } from './workflow.ts'

/** What the connectors need to know of each FSP, beside what the hub itself does. */
export const tenantParts = {
  fineract: fineractConfigSchema,
  mojaloop: mojaloopConfigSchema,
} as const

/** The hub's whole configuration. */
export type HubConfig = HubConfigOf<typeof tenantParts>

/** The hub's network, clock and log: sockets and the system's, or a simulator's. */
export type HubPorts = {
  readonly network: Network
  readonly clock: Clock
  readonly log: Log
  /** The system's disk, unless a simulator brings its own. */
  readonly open?: (file: string) => SqlDatabase
  /** Runs the workflows in place of the engine that this hub would open; for tests. It is closed with the hub. */
  readonly engine?: WorkflowEngine
}

/** A hub that is running. */
export type Hub = {
  readonly url: string
  /** Stops taking requests, lets running steps end, closes the files. What is under way goes on at the next start. */
  close(): Promise<void>
  /** Ends as a power cut would, for tests: everything after the last commit is lost. */
  crash(): void
}

/** Builds the whole hub and listens. The only place that knows every part; which engine and store run is decided here. */
export async function startHub(config: HubConfig, ports: HubPorts): Promise<Hub> {
  const { network, clock, log } = ports
  assertPatience(config)
  const store = createSqliteStore({ file: fileOf(config, 'hub.db') }, ports)
  const { engine, incidents, crashEngine } = openEngine(config, ports)
  const connectors = connect(config, ports)
  await engine.deploy(workflowNames.map(readWorkflow))
  const workflowPorts: WorkflowPorts = {
    store,
    clock,
    log,
    times: config.times,
    tellClient: addClientCallback,
    ledgerOf: (fspId) => served(connectors.ledgers, fspId),
    switchOf: (fspId) => served(connectors.switches, fspId),
  }
  const showIncident = showIncidents({ store, clock, log })
  const workers = serve(engine, jobsOf(workflowPorts), { clock, log, showIncident })
  // What failed by a mistake of this program is tried again by the program that was started in its place.
  for (const { key } of incidents()) await engine.resolveIncident(key, jobRetries)
  const relay = createRelay(config, { queue: store.queue, engine, http: network, clock, log })
  const route = routeOf(config, { store, clock, log, connectors })
  const stop = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.close()))
    await relay.close()
    await engine.close()
    await store.close()
  }
  const listening = await network.listen(route, config).catch(async (failure: unknown) => {
    await stop()
    throw failure
  })
  return {
    url: listening.url,
    close: async () => {
      await listening.close()
      await stop()
    },
    crash: () => {
      void listening.close()
      relay.crash()
      crashEngine()
      store.crash()
    },
  }
}

/** What has just timed out may still arrive: the core's longest request time must not be over by then. */
function assertPatience({ tenants, times }: HubConfig): void {
  const hasty = tenants.find(({ fineract }) => fineract.timeoutMs > times.coreLongestMs)
  if (!hasty) return
  throw new Error(
    `tenant ${hasty.fspId}: fineract.timeoutMs (${hasty.fineract.timeoutMs}) is longer than times.coreLongestMs (${times.coreLongestMs})`,
  )
}

type OpenEngine = {
  readonly engine: WorkflowEngine
  /** What stands still since an earlier run; only the embedded engine can list it. */
  readonly incidents: () => readonly Incident[]
  readonly crashEngine: () => void
}

function openEngine(config: HubConfig, ports: HubPorts): OpenEngine {
  const { engine } = ports
  if (engine !== undefined)
    return { engine, incidents: () => [], crashEngine: () => void engine.close() }
  const embedded = createEmbeddedEngine({ file: fileOf(config, 'engine.db') }, ports)
  return { engine: embedded, incidents: embedded.incidents, crashEngine: embedded.crash }
}

const workflowNames = [
  'payer-transfer',
  'payee-lookup',
  'payee-quote',
  'payee-transfer',
  'party-registration',
] as const

/** Compiled code lies beside a copy of the diagrams, as the sources do. */
function readWorkflow(name: (typeof workflowNames)[number]): {
  readonly name: string
  readonly xml: string
} {
  const file = new URL(`../workflows/${name}/${name}.bpmn`, import.meta.url)
  return { name: `${name}.bpmn`, xml: readFileSync(file, 'utf8') }
}

function fileOf(config: HubConfig, name: string): string {
  return config.dataDir === ':memory:' ? ':memory:' : join(config.dataDir, name)
}

type Connectors = {
  readonly ledgers: ReadonlyMap<string, LedgerConnector>
  readonly switches: ReadonlyMap<string, SwitchConnector>
}

/** Every FSP has its own core, credentials, keys and secret. */
function connect(config: HubConfig, { network, clock, log }: HubPorts): Connectors {
  const ports = { http: network, clock, log }
  return {
    ledgers: new Map(
      config.tenants.map((t) => [t.fspId, createFineractConnector(t.fineract, ports)]),
    ),
    switches: new Map(
      config.tenants.map((t) => [t.fspId, createMojaloopConnector(t.mojaloop, ports)]),
    ),
  }
}

function served<T>(connectors: ReadonlyMap<string, T>, fspId: string): T {
  const connector = connectors.get(fspId)
  if (connector === undefined) throw new Error(`this hub does not serve ${fspId}`)
  return connector
}

function jobsOf(ports: WorkflowPorts): Jobs {
  return {
    ...createPayerTransferJobs(ports),
    ...createPayeeLookupJobs(ports),
    ...createPayeeQuoteJobs(ports),
    ...createPayeeTransferJobs(ports),
    ...createPartyRegistrationJobs(ports),
  }
}

/** How many jobs of one type run at once, and after how long one that never answered is offered again. */
const jobLimits = { maxActive: 64, timeoutMs: 300_000 } as const

function serve(
  engine: WorkflowEngine,
  jobs: Jobs,
  ports: JobPorts,
): ReturnType<WorkflowEngine['work']>[] {
  return Object.entries(jobs).map(([type, step]) =>
    engine.work(type, jobHandler(step, ports), jobLimits),
  )
}

const version = '0.1.0'

function routeOf(
  config: HubConfig,
  parts: {
    readonly store: Store
    readonly clock: Clock
    readonly log: Log
    readonly connectors: Connectors
  },
): Route {
  const { store, clock, log, connectors } = parts
  const channel = createChannel(config, { store, clock, log })
  const operations = createOperations(config, { store, clock, log })
  const about = { version, hasKeys: config.apiKeys.length > 0 }
  const peers = createPeers({
    store,
    clock,
    log,
    switchOf: (fspId) => connectors.switches.get(fspId),
  })
  const peersEntry = { method: '*', path: '/fsp/*', run: peers }
  const entries = [
    ...channel,
    ...operations,
    openApiRoute([...channel, ...operations], about),
    peersEntry,
  ]
  return createRouter(entries, apiFallbacks)
}
