import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { kafkaConfigSchema } from '../../../hub/events/kafka/config.ts'
import type { HubPorts } from '../../../hub/main.ts'
import { openEngine, openStore, openStream } from '../../../hub/wiring/servers.ts'
import type { HubParts } from '../../../sandbox/lab/hub-config.ts'
import { createBrokerTime, type BrokerAt } from './broker-time.ts'
import { createBrokerTimers } from './broker-timers.ts'
import { createLeapingClock, type LeapingClock } from './leaping-clock.ts'
import { withOwnNames } from './own-names.ts'
import { createStillness } from './stillness.ts'
import { watchEngine, watchStore, watchStream } from './watched-hub.ts'

/** Where the servers of a run are. */
export type ServersAt = BrokerAt & {
  /** Of a database from which others can be made. */
  readonly postgresUrl: string
  readonly brokers: readonly string[]
}

/** What a lab on real servers has instead of files and a clock that stands still. */
export type RealSide = {
  readonly clock: LeapingClock
  readonly slackMs: number
  readonly parts: HubParts
  readonly hub: Pick<HubPorts, 'openEngine' | 'openStore' | 'openStream'>
  /** The hub's power is cut: it says nothing to the servers any more, and hears nothing. */
  readonly cut: () => void
  close(): Promise<void>
}

const startMs = Date.UTC(2026, 0, 1)
const poolMax = 10
/** Longer than any step takes; a hub that was killed is waited for so long. */
const jobTimeoutMs = 60_000
/** A busy machine takes seconds for what an idle one does in half of one. */
const slackMs = 15_000

/** Makes a new database, and names on the broker that nobody has used. */
export async function openRealSide(at: ServersAt): Promise<RealSide> {
  const own = randomBytes(4).toString('hex')
  const url = await createDatabase(at.postgresUrl, `lab_${own}`)
  const broker = createBrokerTime(at)
  const timers = createBrokerTimers(() => clock.now(), jobTimeoutMs)
  const stillness = createStillness(broker, timers)
  const clock = createLeapingClock(startMs, stillness)
  const watch = { stillness, timers, broker }
  const crashes: (() => void)[] = []
  let lives = 0
  const cut = (): void => {
    if (crashes.length === 0) return
    for (const crash of crashes.splice(0)) crash()
    timers.hubDied()
    stillness.hubDied()
  }
  return {
    clock,
    slackMs,
    cut,
    parts: {
      engine: 'zeebe',
      zeebe: { gatewayAddress: at.gatewayAddress, jobTimeoutMs },
      store: 'postgres',
      postgres: { url, poolMax },
      events: 'kafka',
      kafka: kafkaConfigSchema.parse({ brokers: at.brokers, topic: `lab-${own}`, partitions: 4 }),
    },
    hub: {
      openEngine: (config, ports) => {
        const opened = openEngine(config, ports)
        crashes.push(opened.crash)
        const engine = watchEngine(withOwnNames(opened.engine, own), watch)
        return { ...opened, engine, crash: cut }
      },
      openStore: async (config, ports) => {
        if (lives++ > 0) await stillness.during(endLeases(url))
        const store = await stillness.during(openStore(config, ports))
        crashes.push(store.crash)
        return { ...watchStore(store, stillness), crash: cut }
      },
      openStream: (config, ports) => {
        const stream = watchStream(openStream(config, ports), stillness)
        crashes.push(stream.crash)
        return stream
      },
    },
    close: async () => {
      clock.stop()
      await broker.close()
    },
  }
}

/**
 * The dead hub's hold on the outbox ends by the database's clock, which nobody can move on; nor may what it had sent before
 * it died, and the database has not heard yet, renew it.
 */
async function endLeases(url: string): Promise<void> {
  await ask(url, endOtherSessions)
  await ask(url, 'UPDATE outbox_leases SET leased_until = 0; DELETE FROM outbox_relays')
}

const endOtherSessions = `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()`

async function createDatabase(adminUrl: string, name: string): Promise<string> {
  await ask(adminUrl, `CREATE DATABASE ${name}`)
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  return url.href
}

async function ask(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
