import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { Kafka, type KafkaMessage } from 'kafkajs'
import { createSystemClock } from '../../hub/clock.ts'
import type { EventStream, LegEvent } from '../../hub/events/event-stream.ts'
import { createKafkaStream } from '../../hub/events/kafka-stream.ts'
import { kafkaConfigSchema } from '../../hub/events/kafka/config.ts'
import type { Log } from '../../hub/log.ts'
import { startKafka, type KafkaServer } from '../../sandbox/servers/kafka.ts'
import { eventStreamContract } from '../contract/event-stream.ts'
import { untilSo } from '../support/lab-client.ts'
import { legEvent, legEvents } from '../support/leg-events.ts'
import { silentLog } from '../support/silent-log.ts'
import { serverPorts } from './support/server-ports.ts'

let server: KafkaServer
beforeAll(async () => {
  server = await startKafka(serverPorts)
}, 600_000)
afterAll(() => server.stop())

const clock = createSystemClock()

function open(topic: string, log: Log = silentLog): EventStream {
  const config = kafkaConfigSchema.parse({ brokers: server.brokers, topic, partitions: 3 })
  return createKafkaStream(config, { clock, log })
}

eventStreamContract('Kafka', async () => ({ stream: open(randomUUID()), keeps: true }))

describe('Kafka', () => {
  const streams: EventStream[] = []
  const opened = (topic: string, log?: Log): EventStream => {
    const stream = open(topic, log)
    streams.push(stream)
    return stream
  }
  afterEach(async () => {
    await Promise.all(streams.splice(0).map((stream) => stream.close()))
  })

  it('shows any consumer a CloudEvent under the key of its leg, in one partition for each leg', async () => {
    const topic = randomUUID()
    const told = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((leg) => legEvents(leg, 3))
    await opened(topic).publish(told)
    const seen = await consumeAll(topic, told.length)
    const [{ message }] = seen as [Seen]
    expect(message.headers?.['content-type']?.toString()).toBe(
      'application/cloudevents+json; charset=UTF-8',
    )
    const events = seen.map((one) => JSON.parse(String(one.message.value)))
    expect(new Set(events.map(({ id }) => id))).toEqual(new Set(told.map(({ id }) => id)))
    for (const [index, { data }] of events.entries())
      expect(String(seen[index]?.message.key)).toBe(`heron:payer:${data.transferId}`)
    const places = seen.map(({ partition, message: { key } }) => `${String(key)} ${partition}`)
    expect(new Set(places).size).toBe(6)
    expect(new Set(seen.map(({ partition }) => partition)).size).toBeGreaterThan(1)
  })

  it('makes the topic once, when many hubs begin at the same time', async () => {
    const topic = randomUUID()
    const hubs = Array.from({ length: 6 }, () => opened(topic))
    const taken: LegEvent[] = []
    hubs[0]!.subscribe('statistics', async (events) => void taken.push(...events))
    await Promise.all(hubs.map((hub, index) => hub.publish([legEvent(`leg-${index}`, 1)])))
    await untilSo(() => taken.length >= hubs.length)
    expect(await partitionsOf(topic)).toBe(3)
  })

  it('passes a message over that is no event, says where it is, and goes on', async () => {
    const topic = randomUUID()
    const errors: object[] = []
    const log: Log = { ...silentLog, error: (fields) => void errors.push(fields) }
    const stream = opened(topic, log)
    const taken: LegEvent[] = []
    const legs = ['a', 'b', 'c', 'd', 'e', 'f']
    await stream.publish(legs.map((leg) => legEvent(leg, 1)))
    for (const partition of [0, 1, 2]) await produce(topic, partition, '{"type":"somebody-else"}')
    await stream.publish(legs.map((leg) => legEvent(leg, 2)))
    stream.subscribe('statistics', async (events) => void taken.push(...events))
    await untilSo(() => taken.length >= 2 * legs.length)
    expect(taken.filter(({ sequence }) => sequence === 2)).toHaveLength(legs.length)
    expect(errors.map((fields) => Object.keys(fields))).toEqual(
      [0, 1, 2].map(() => ['group', 'partition', 'offset', 'error']),
    )
  })

  it('takes more at once than a broker would', async () => {
    const stream = opened(randomUUID())
    const taken: LegEvent[] = []
    const sizes: number[] = []
    stream.subscribe('statistics', async (events) => {
      sizes.push(events.length)
      taken.push(...events)
    })
    const detail = 'why '.repeat(250)
    const entry = { ...legEvent('a', 1).entry, detail }
    const told = Array.from({ length: 3_000 }, (_, index) => legEvent('a', index + 1, { entry }))
    await stream.publish(told)
    await untilSo(() => taken.length >= told.length)
    expect(taken).toEqual(told)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(500)
  })

  it('keeps a member in its group while it takes longer than a silent one is waited for', async () => {
    const topic = randomUUID()
    const stream = opened(topic)
    const taken: string[] = []
    const take = (name: string) => async (events: readonly LegEvent[]) => {
      for (const { sequence } of events) taken.push(`${name} ${sequence}`)
      if (name === 'slow') await new Promise((resolve) => clock.after(8_000, () => resolve(null)))
    }
    await stream.publish([legEvent('a', 1)])
    stream.subscribe('statistics', take('slow'))
    await untilSo(() => taken.length >= 1)
    await stream.publish([legEvent('a', 2)])
    await untilSo(() => taken.length >= 2)
    expect(taken).toEqual(['slow 1', 'slow 2'])
  })

  it('hands a leg on to another member only after what was being taken of it', async () => {
    const topic = randomUUID()
    const first = opened(topic)
    const second = opened(topic)
    const underWay = new Map<string, number>()
    const clashes: string[] = []
    const taken = new Map<string, LegEvent>()
    const take = async (events: readonly LegEvent[]): Promise<void> => {
      const legs = [...new Set(events.map(({ key }) => key.transferId))]
      for (const leg of legs) {
        if (underWay.has(leg)) clashes.push(leg)
        underWay.set(leg, 1)
      }
      await new Promise((resolve) => clock.after(20, () => resolve(null)))
      for (const leg of legs) underWay.delete(leg)
      for (const event of events) taken.set(event.id, event)
    }
    const legs = Array.from({ length: 30 }, (_, index) => legEvents(`leg-${index}`, 20))
    first.subscribe('statistics', take)
    for (let round = 0; round < 20; round++) {
      await first.publish(legs.map((events) => events[round]!))
      if (round % 5 !== 2) continue
      const joined = second.subscribe('statistics', take)
      await first.publish([legEvent('mark', round + 1)])
      await untilSo(() => taken.has(`heron:payer:mark:${round + 1}`))
      await joined.close()
    }
    await untilSo(() => taken.size >= 604)
    expect(clashes).toEqual([])
  })
})

type Seen = { readonly partition: number; readonly message: KafkaMessage }

function client(): Kafka {
  return new Kafka({ brokers: [...server.brokers], logCreator: () => () => undefined })
}

/** Reads a topic from its beginning, as a program that knows nothing of the hub. */
async function consumeAll(topic: string, count: number): Promise<readonly Seen[]> {
  const consumer = client().consumer({ groupId: randomUUID() })
  const seen: Seen[] = []
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ partition, message }) => void seen.push({ partition, message }),
  })
  await untilSo(() => seen.length >= count)
  await consumer.disconnect()
  return seen
}

async function partitionsOf(topic: string): Promise<number | undefined> {
  const admin = client().admin()
  await admin.connect()
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  await admin.disconnect()
  return topics[0]?.partitions.length
}

async function produce(topic: string, partition: number, value: string): Promise<void> {
  const producer = client().producer()
  await producer.connect()
  await producer.send({ topic, messages: [{ partition, value }] })
  await producer.disconnect()
}
