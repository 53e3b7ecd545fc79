import { expect } from '@jest/globals'
import { Kafka, logLevel } from 'kafkajs'
import { Client } from 'pg'
import { balanceBooks, isAtRest } from '../../../sandbox/books/balance.ts'
import { collectBooksAtRest } from '../../../sandbox/books/collect.ts'
import type { Cluster } from '../../../sandbox/lab/cluster/cluster.ts'
import { askLab, labPorts, untilSo } from '../../support/lab-client.ts'

const restMsMax = 120_000
const toldMsMax = 60_000

/** Nothing is on its way any more, all sums agree, and what was told of each leg is what became of it. */
export async function expectTruth(cluster: Cluster): Promise<void> {
  const facts = await collectBooksAtRest(cluster.lab, labPorts, restMsMax)
  expect(isAtRest(facts)).toBe(true)
  expect(balanceBooks(facts).filter(({ isRight }) => !isRight)).toEqual([])
  await expectEvents(cluster)
  await expectStatistics(cluster)
}

/** How many payments the hub has taken in. */
export async function countPayments(cluster: Cluster): Promise<number> {
  const legs = await legsOf(cluster)
  return [...legs.keys()].filter((id) => id.includes(':payer:')).length
}

/** A leg as the hub's store has it, or as the events say it is. */
type Leg = { readonly state: string; readonly events: number }

async function expectEvents(cluster: Cluster): Promise<void> {
  const legs = await legsOf(cluster)
  let told: Told = { legs: new Map(), gaps: [] }
  const isAllTold = async (): Promise<boolean> => {
    told = await readTopic(cluster)
    return [...legs].every(([id, { events }]) => told.legs.get(id)?.events === events)
  }
  await untilSo(isAllTold, { waitMsMax: toldMsMax, pauseMs: 500 }).catch(() => undefined)
  expect(told.gaps).toEqual([])
  expect(different(told.legs, legs)).toEqual([])
}

function different(told: ReadonlyMap<string, Leg>, legs: ReadonlyMap<string, Leg>): string[] {
  const words = (leg: Leg | undefined): string => (leg ? `${leg.state} ${leg.events}` : 'nothing')
  return [...new Set([...told.keys(), ...legs.keys()])]
    .filter((id) => words(told.get(id)) !== words(legs.get(id)))
    .map((id) => `${id}: told ${words(told.get(id))}, is ${words(legs.get(id))}`)
}

async function legsOf({ databaseUrl }: Cluster): Promise<ReadonlyMap<string, Leg>> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query(
      'SELECT fsp_id, role, transfer_id, state, events FROM transfers',
    )
    return new Map(
      rows.map((row) => [
        `${row.fsp_id}:${row.role}:${row.transfer_id}`,
        { state: row.state, events: Number(row.events) },
      ]),
    )
  } finally {
    await client.end()
  }
}

type Told = {
  /** Of each leg, by its key: how many different events there were, and where the last says it stands. */
  readonly legs: ReadonlyMap<string, Leg>
  /** Events that came before one that goes before them. */
  readonly gaps: readonly string[]
}

/** Reads the topic from its beginning to where it ends now, as a consumer that drops what it has had. */
async function readTopic({ servers, topic }: Cluster): Promise<Told> {
  const kafka = new Kafka({ brokers: [...servers.kafka.brokers], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const left = new Map(
    ends.filter(({ low, high }) => low !== high).map((end) => [end.partition, BigInt(end.high)]),
  )
  const legs = new Map<string, Leg>()
  const gaps: string[] = []
  if (left.size === 0) return { legs, gaps }
  const consumer = kafka.consumer({
    groupId: `truth-${labPorts.clock.uuid()}`,
    maxWaitTimeInMs: 100,
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    consumer.on('consumer.crash', ({ payload }) => reject(payload.error))
    const eachMessage = async (taken: {
      readonly partition: number
      readonly message: { readonly offset: string; readonly value: Buffer | null }
    }): Promise<void> => {
      const { data } = JSON.parse(taken.message.value!.toString())
      const key = `${data.fspId}:${data.role}:${data.transferId}`
      const before = legs.get(key)?.events ?? 0
      if (data.sequence > before + 1) gaps.push(`${key}: ${data.sequence} after ${before}`)
      if (data.sequence > before) legs.set(key, { state: data.state, events: data.sequence })
      const end = left.get(taken.partition)
      if (end !== undefined && BigInt(taken.message.offset) + 1n >= end)
        left.delete(taken.partition)
      if (left.size === 0) resolve()
    }
    consumer.run({ eachMessage }).catch(reject)
  }).finally(() => consumer.disconnect())
  return { legs, gaps }
}

/** By FSP and role: how many legs were received, committed and aborted. */
async function expectStatistics(cluster: Cluster): Promise<void> {
  const expected = new Map<string, number>()
  for (const [id, { state }] of await legsOf(cluster)) {
    const [fspId, role] = id.split(':')
    for (const what of ['received', state]) add(expected, `${fspId} ${role} ${what}`, 1)
  }
  let counted = new Map<string, number>()
  const isCounted = async (): Promise<boolean> => {
    counted = await countsOf(cluster)
    return JSON.stringify(sorted(counted)) === JSON.stringify(sorted(expected))
  }
  await untilSo(isCounted, { waitMsMax: toldMsMax, pauseMs: 500 }).catch(() => undefined)
  expect(sorted(counted)).toEqual(sorted(expected))
}

async function countsOf({ lab }: Cluster): Promise<Map<string, number>> {
  const { body } = await askLab('GET', `${lab.hub}/operations/statistics`)
  const counts = new Map<string, number>()
  for (const { fspId, role, received, committed, aborted } of body.days) {
    add(counts, `${fspId} ${role} received`, received)
    add(counts, `${fspId} ${role} committed`, committed)
    for (const { legs } of aborted) add(counts, `${fspId} ${role} aborted`, legs)
  }
  return counts
}

function add(counts: Map<string, number>, name: string, count: number): void {
  if (count > 0) counts.set(name, (counts.get(name) ?? 0) + count)
}

function sorted(counts: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))
}
