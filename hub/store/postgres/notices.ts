import { Client } from 'pg'
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { Database } from './database.ts'

/** Word between the processes of one database that the outbox has new rows. It may be lost: relays look now and then anyway. */
export interface Notices {
  /** Tells the others, soon; many calls make one notice. */
  tell(): void
  /** Calls back after each notice, and after each time that some may have been missed. */
  listen(wake: () => void): { close(): Promise<void> }
  /** No more is told. */
  close(): void
}

type Ports = { readonly clock: Clock; readonly log: Log }

const channel = 'kivuko_outbox'
const gatherMs = 10
const retryMs = 1_000

/**
 * Notices travel apart from the steps: PostgreSQL lets transactions that notify commit only one after the other, which
 * would cost every step the gain of many connections.
 */
export function createNotices(url: string, database: Database, ports: Ports): Notices {
  const { clock, log } = ports
  let isPlanned = false
  let cancel = (): void => undefined
  const send = (): void => {
    isPlanned = false
    database.all('SELECT pg_notify(?, ?)', [channel, '']).catch((error: unknown) => {
      log.warn({ error }, 'outbox notice not sent')
    })
  }
  return {
    tell: () => {
      if (isPlanned) return
      isPlanned = true
      cancel = clock.after(gatherMs, send)
    },
    listen: (wake) => listenForever(url, wake, ports),
    close: () => {
      isPlanned = true
      cancel()
    },
  }
}

function listenForever(
  url: string,
  wake: () => void,
  { clock, log }: Ports,
): ReturnType<Notices['listen']> {
  let isClosed = false
  let client: Client | undefined
  let cancelRetry = (): void => undefined
  const connect = (onListening: () => void): void => {
    const fresh = new Client({ connectionString: url, keepAlive: true })
    client = fresh
    let isLost = false
    const lose = (error?: Error): void => {
      if (isLost || isClosed) return
      isLost = true
      log.warn({ error }, 'outbox notices lost')
      // Some may have been missed by the time it is back.
      cancelRetry = clock.after(retryMs, () => connect(wake))
    }
    fresh.on('notification', wake)
    fresh.on('error', lose)
    fresh.on('end', lose)
    fresh
      .connect()
      .then(() => fresh.query(`LISTEN ${channel}`))
      .then(onListening, lose)
  }
  connect(() => undefined)
  return {
    close: async () => {
      isClosed = true
      cancelRetry()
      await client?.end().catch(() => undefined)
    },
  }
}
