import { Unavailable } from '../../../hub/connector.ts'
import { createRelay } from '../../../hub/events/relay.ts'
import { moneyOf } from '../../../hub/domain/money.ts'
import type { TransferRecord } from '../../../hub/domain/transfer-record.ts'
import { openStore, openStream, type OpenStore } from '../../../hub/wiring/servers.ts'
import { createSystemClock, type Clock } from '../../../hub/clock.ts'

/** How many events there are, and where they come from and go to. */
export type OutboxRun = {
  readonly databaseUrl: string
  readonly brokers: readonly string[]
  readonly topic: string
  readonly partitions: number
  readonly legs: number
  readonly eventsPerLeg: number
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
const fillersAtOnce = 6

/**
 * Fills an outbox in PostgreSQL with events, by steps as workers take them, and has the hub's relay carry them to Kafka.
 * Returns how long the relay took, in ms, from the first look to the last row deleted; and the writing before it.
 */
export async function runOutbox(
  run: OutboxRun,
): Promise<{ readonly fillMs: number; readonly relayMs: number }> {
  const ports = { clock: createSystemClock(), log: silent }
  const { clock } = ports
  const postgres = { url: run.databaseUrl, poolMax: fillersAtOnce }
  const store = await openStore({ store: 'postgres', postgres, dataDir: ':memory:' }, ports)
  const { brokers, topic, partitions } = run
  const kafka = { brokers: [...brokers], topic, partitions, tls: false }
  const stream = openStream({ events: 'kafka', kafka }, ports)
  const fillStartedAt = clock.now()
  await fill(store, run, ports)
  const relayStartedAt = clock.now()
  const relay = createRelay(
    { callbackOrigins: [], lab: true, tenants: [] },
    {
      ...ports,
      queue: store.queue,
      stream,
      engine: { publish: () => Promise.reject(new Error('there are no messages')) },
      http: { send: () => Promise.reject(new Error('there are no callbacks')) },
    },
  )
  await relay.idle()
  const endedAt = clock.now()
  await relay.close()
  await stream.close()
  await store.close()
  return { fillMs: relayStartedAt - fillStartedAt, relayMs: endedAt - relayStartedAt }
}

async function fill(
  store: OpenStore,
  { legs, eventsPerLeg }: OutboxRun,
  { clock }: { readonly clock: Clock },
): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next++ < legs) {
      await write(store, aLeg(clock.uuid()), eventsPerLeg)
    }
  }
  await Promise.all(Array.from({ length: fillersAtOnce }, lane))
}

/** Steps that only write are in each other's way at times: then the same again. */
async function write(store: OpenStore, record: TransferRecord, events: number): Promise<void> {
  try {
    await store.step(async (tx) => {
      await tx.transfers.insert(record)
      for (let n = 0; n < events; n++) await tx.transfers.appendTimeline(record.key, entry)
    })
  } catch (failure) {
    if (!(failure instanceof Unavailable)) throw failure
    await write(store, record, events)
  }
}

const entry = {
  at: 1_767_225_600_000,
  step: 'prepare-transfer',
  party: 'switch',
  direction: 'out',
  outcome: 'asked',
  detail: 'signed, to kingfisher',
} as const

function aLeg(transferId: string): TransferRecord {
  return {
    key: { fspId: 'heron', role: 'payer', transferId },
    state: 'reserved',
    correlationId: transferId,
    order: {
      payer: { type: 'MSISDN', identifier: '254710000001' },
      payee: { type: 'MSISDN', identifier: '254740000002' },
      amountType: 'SEND',
      amount: moneyOf({ amount: '100.50', currency: 'KES' }),
      transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
    },
    facts: { otherFspId: 'kingfisher' },
    wait: 0,
    createdAt: 1_767_225_600_000,
    updatedAt: 1_767_225_600_000,
  }
}
