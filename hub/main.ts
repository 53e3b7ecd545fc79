import { addClientCallback } from './channel/transfer-view.ts'
import type { HubRole } from './config/parts.ts'
import type { Worker } from './engine/engine.ts'
import { jobHandler, jobRetries } from './engine/job-outcome.ts'
import type { EventStream } from './events/event-stream.ts'
import { createRelay } from './events/relay.ts'
import type { Network } from './http.ts'
import { showIncidents } from './legs/incident.ts'
import { createStatistics } from './statistics/statistics.ts'
import { connect, served, type Connectors, type HubConfig } from './wiring/connectors.ts'
import { routeOf } from './wiring/routes.ts'
import {
  openEngine,
  openStore,
  openStream,
  type OpenEngine,
  type OpenStore,
  type ServerPorts,
} from './wiring/servers.ts'
import { jobsOf, readWorkflows } from './wiring/workflows.ts'
import type { Jobs, WorkflowPorts } from './workflow.ts'

/** The hub's network, clock and log: sockets and the system's, or a simulator's. */
export type HubPorts = ServerPorts & {
  readonly network: Network
  /** Told of events in place of the stream that this hub would open; for tests. It is closed with the hub. */
  readonly stream?: EventStream
  /** Stand in for the functions that open engine, store and stream; for tests that watch what these do. */
  readonly openEngine?: typeof openEngine
  readonly openStore?: typeof openStore
  readonly openStream?: typeof openStream
}

/** A hub, or a part of one, that is running. */
export type Hub = {
  readonly url: string
  /** Stops taking requests, lets running steps end, closes the files. What is under way goes on elsewhere or at the next start. */
  close(): Promise<void>
  /** Ends as a power cut would, for tests: everything after the last commit is lost. */
  crash(): void
}

/**
 * Builds the hub, or what its roles ask for, and listens. The only place that knows every part, with `hub/wiring`. Rejects
 * with a sentence when something that it needs cannot be opened.
 */
export async function startHub(config: HubConfig, ports: HubPorts): Promise<Hub> {
  assertPatience(config)
  const store = await (ports.openStore ?? openStore)(config, ports)
  const ends = createEnds()
  ends.add(() => store.close(), store.crash)
  try {
    const connectors = connect(config, { ...ports, http: ports.network })
    const parts = { ...ports, store, connectors, ends }
    const stream = config.roles.some(needsStream) ? tellEvents(config, parts) : undefined
    if (config.roles.some(needsEngine)) await runWorkflows(config, { ...parts, stream })
    const listening = await ports.network.listen(routeOf(config, parts), config)
    const stopListening = (): Promise<void> => listening.close()
    ends.add(stopListening, () => void stopListening())
    return { url: listening.url, close: ends.close, crash: ends.crash }
  } catch (failure) {
    await ends.close()
    throw failure
  }
}

/** How what was opened is closed: the last first. */
type Ends = {
  add(close: () => Promise<void>, crash: () => void): void
  close(): Promise<void>
  crash(): void
}

function createEnds(): Ends {
  const ends: { readonly close: () => Promise<void>; readonly crash: () => void }[] = []
  return {
    add: (close, crash) => ends.push({ close, crash }),
    close: async () => {
      for (const { close } of ends.toReversed()) await close()
    },
    crash: () => {
      for (const { crash } of ends.toReversed()) crash()
    },
  }
}

type Parts = Omit<HubPorts, 'stream'> & {
  readonly store: OpenStore
  readonly connectors: Connectors
  readonly ends: Ends
}

function needsEngine(role: HubRole): boolean {
  return role === 'relay' || role.startsWith('worker:')
}

function needsStream(role: HubRole): boolean {
  return role === 'relay' || role === 'projections'
}

/** The event stream, and who takes it in here. */
function tellEvents(config: HubConfig, { stream: given, ...parts }: Parts & HubPorts): EventStream {
  const stream = given ?? (parts.openStream ?? openStream)(config, parts)
  const close = (): Promise<void> => stream.close()
  parts.ends.add(close, () => void close())
  if (config.roles.includes('projections')) {
    const statistics = createStatistics({ ...parts, stream })
    parts.ends.add(
      () => statistics.close(),
      () => void statistics.close(),
    )
  }
  return stream
}

/** The engine, its workers and the relay, as far as this process has those roles. */
async function runWorkflows(
  config: HubConfig,
  parts: Parts & { readonly stream: EventStream | undefined },
): Promise<void> {
  const { roles } = config
  const { store, stream, ends, network } = parts
  const opened = (parts.openEngine ?? openEngine)(config, parts)
  const { engine } = opened
  ends.add(() => engine.close(), opened.crash)
  // Who starts the workflows sees to it that they are there.
  if (roles.includes('relay')) await engine.deploy(readWorkflows())
  const workers = work(opened, jobsOf(roles, workflowPorts(config, parts)), parts)
  // What failed by a mistake of this program is tried again by the program that was started in its place.
  for (const { key } of opened.incidents()) await engine.resolveIncident(key, jobRetries)
  if (stream !== undefined && roles.includes('relay')) {
    const { queue } = store
    const relay = createRelay(config, { ...parts, queue, engine, stream, http: network })
    ends.add(() => relay.close(), relay.crash)
  }
  const stopWork = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.close()))
  }
  ends.add(stopWork, () => undefined)
}

function workflowPorts(config: HubConfig, { store, clock, log, connectors }: Parts): WorkflowPorts {
  return {
    store,
    clock,
    log,
    times: config.times,
    tellClient: addClientCallback,
    ledgerOf: (fspId) => served(connectors.ledgers, fspId),
    switchOf: (fspId) => served(connectors.switches, fspId),
  }
}

/** How many jobs of one type this process serves at once. */
const maxActive = 64

function work(
  { engine, jobTimeoutMs }: OpenEngine,
  jobs: Jobs,
  { store, clock, log }: Parts,
): readonly Worker[] {
  const showIncident = showIncidents({ store, clock, log })
  return Object.entries(jobs).map(([type, step]) => {
    const handler = jobHandler(step, { clock, log, showIncident })
    return engine.work(type, handler, { maxActive, timeoutMs: jobTimeoutMs })
  })
}

/**
 * What has just timed out may still arrive: the core's longest request time must not be over by then. And a job that makes two
 * calls must not be another worker's before it has had their time.
 */
function assertPatience({ tenants, times, zeebe }: HubConfig): void {
  for (const { fspId, fineract, mojaloop } of tenants) {
    if (fineract.timeoutMs > times.coreLongestMs)
      throw new Error(
        `tenant ${fspId}: fineract.timeoutMs (${fineract.timeoutMs}) is longer than times.coreLongestMs (${times.coreLongestMs})`,
      )
    const twoCallsMs = fineract.timeoutMs + Math.max(fineract.timeoutMs, mojaloop.timeoutMs)
    if (zeebe !== undefined && zeebe.jobTimeoutMs < twoCallsMs)
      throw new Error(
        `tenant ${fspId}: zeebe.jobTimeoutMs (${zeebe.jobTimeoutMs}) is shorter than two calls may take (${twoCallsMs} ms)`,
      )
  }
}
