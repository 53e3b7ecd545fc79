import { describe, expect, it } from '@jest/globals'
import { Client } from 'pg'
import { createSystemClock } from '../../hub/clock.ts'
import type { PostgresStore } from '../../hub/store/postgres-store.ts'
import { aKey, aTransfer } from '../support/store-values.ts'
import { aroundPostgres } from './postgres-places.ts'

const postgres = aroundPostgres()
const clock = createSystemClock()
const stepsPerLane = 100

/** What a channel does for a transfer: looks for a first answer, writes transfer, message and answer. */
function receive(store: PostgresStore, id: string): Promise<void> {
  const scope = { tenant: 'heron', route: 'POST /channel/transfer', key: id }
  const message = { name: 'm', correlationKey: id, messageId: id, variables: {}, ttlMs: 5 }
  return store.step(async (tx) => {
    if (await tx.idempotency.find(scope)) throw new Error('it was new')
    await tx.transfers.insert(aTransfer({ key: aKey({ transferId: id }), correlationId: id }))
    await tx.outbox.add({ kind: 'message', message, line: id, dueAt: 0 })
    await tx.idempotency.insert(scope, { requestHash: id, status: 202, body: '{}' })
  })
}

/** As many statements, in as many round trips as the library needs by itself. */
async function receiveBare(client: Client, id: string): Promise<void> {
  const facts = JSON.stringify(aTransfer().order, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  )
  const insert = 'INSERT INTO bare (id, part, body) VALUES ($1, $2, $3)'
  await client.query('BEGIN')
  await client.query({ name: 'f', text: 'SELECT body FROM bare WHERE id = $1', values: [id] })
  for (const part of [1, 2, 3]) {
    await client.query({ name: 'i', text: insert, values: [id, part, facts] })
  }
  await client.query('COMMIT')
}

/** Per second, with so many asking one after the other at the same time. */
async function rateOf(lanes: number, run: (lane: number, id: string) => Promise<void>) {
  const begun = performance.now()
  const lane = async (which: number): Promise<void> => {
    for (let n = 0; n < stepsPerLane; n++) await run(which, clock.uuid())
  }
  await Promise.all(Array.from({ length: lanes }, (_, which) => lane(which)))
  return (lanes * stepsPerLane * 1000) / (performance.now() - begun)
}

describe('the speed of steps', () => {
  it.each([1, 8])(
    'on %i connections is a fair part of that of bare transactions',
    async (lanes) => {
      const store = await postgres.open({ poolMax: lanes })
      await postgres.ask(
        'CREATE TABLE bare (id TEXT, part BIGINT, body TEXT, PRIMARY KEY (id, part))',
      )
      const clients = Array.from(
        { length: lanes },
        () => new Client({ connectionString: postgres.url() }),
      )
      await Promise.all(clients.map((client) => client.connect()))
      const ratios: number[] = []
      const rates: number[] = []
      for (let round = 0; round < 4; round++) {
        const own = await rateOf(lanes, (_, id) => receive(store, id))
        const bare = await rateOf(lanes, (lane, id) => receiveBare(clients[lane]!, id))
        // The first round warms both up.
        if (round > 0) ratios.push(own / bare)
        rates.push(own)
      }
      await Promise.all(clients.map((client) => client.end()))
      const ratio = ratios.sort((a, b) => a - b)[1]!
      process.stdout.write(
        `steps on ${lanes} connection(s): ${Math.max(...rates).toFixed(0)}/s, ` +
          `${ratio.toFixed(2)} of bare transactions of as many statements\n`,
      )
      expect(ratio).toBeGreaterThan(0.1)
    },
  )
})
