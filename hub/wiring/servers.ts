import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { createEmbeddedEngine } from '../engine/embedded/embedded-engine.ts'
import type { Incident, WorkflowEngine } from '../engine/engine.ts'
import { createZeebeEngine } from '../engine/zeebe/zeebe-engine.ts'
import type { EventStream } from '../events/event-stream.ts'
import { createInProcessStream } from '../events/in-process-stream.ts'
import { createKafkaStream } from '../events/kafka-stream.ts'
import type { Log } from '../log.ts'
import { createPostgresStore } from '../store/postgres-store.ts'
import { createSqliteStore } from '../store/sqlite-store.ts'
import type { SqlDatabase } from '../store/sqlite.ts'
import type { OutboxQueue, Store } from '../store/store.ts'
import type { HubConfig } from './connectors.ts'

/** What opening them needs. */
export type ServerPorts = {
  readonly clock: Clock
  readonly log: Log
  /** The system's disk, unless a simulator brings its own. */
  readonly open?: (file: string) => SqlDatabase
}

/** The store, with what the relay needs and what a test of a power cut does. */
export type OpenStore = Store & { readonly queue: OutboxQueue; crash(): void }

/** Opens the store that the configuration names. */
export async function openStore(
  config: Pick<HubConfig, 'store' | 'postgres' | 'dataDir'>,
  ports: ServerPorts,
): Promise<OpenStore> {
  if (config.store === 'sqlite') return createSqliteStore({ file: fileOf(config, 'hub.db') }, ports)
  return createPostgresStore(required(config.postgres, 'postgres'), ports)
}

/** The engine, with what differs between its kinds. */
export type OpenEngine = {
  readonly engine: WorkflowEngine
  /** After how long a job that is not answered is offered again. */
  readonly jobTimeoutMs: number
  /** What stands still since an earlier run; only the embedded engine can list it. */
  readonly incidents: () => readonly Incident[]
  readonly crash: () => void
}

/** No step takes so long, and a process that has ended has no jobs: only a cluster's timeouts are ever waited for. */
const embeddedJobTimeoutMs = 300_000

/** Opens the engine that the configuration names. */
export function openEngine(config: HubConfig, ports: ServerPorts): OpenEngine {
  if (config.engine === 'zeebe') {
    const zeebe = required(config.zeebe, 'zeebe')
    const engine = createZeebeEngine(zeebe, ports)
    return { engine, jobTimeoutMs: zeebe.jobTimeoutMs, incidents: () => [], crash: engine.crash }
  }
  const engine = createEmbeddedEngine({ file: fileOf(config, 'engine.db') }, ports)
  const { incidents, crash } = engine
  return { engine, jobTimeoutMs: embeddedJobTimeoutMs, incidents, crash }
}

/** Opens the event stream that the configuration names. */
export function openStream(
  config: Pick<HubConfig, 'events' | 'kafka'>,
  ports: ServerPorts,
): EventStream {
  if (config.events === 'in-process') return createInProcessStream()
  return createKafkaStream(required(config.kafka, 'kafka'), ports)
}

function fileOf({ dataDir }: Pick<HubConfig, 'dataDir'>, name: string): string {
  return dataDir === ':memory:' ? ':memory:' : join(dataDir, name)
}

function required<T>(part: T | undefined, name: string): T {
  if (part === undefined) throw new Error(`the configuration has no ${name}`)
  return part
}
