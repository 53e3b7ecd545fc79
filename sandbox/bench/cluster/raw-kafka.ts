import { Kafka, Partitioners, type IHeaders, type Message } from 'kafkajs'
import type { Clock } from '../../clock.ts'

/** A message as it lies in a topic. */
export type RawMessage = {
  readonly key: string
  readonly value: string
  readonly headers: IHeaders
}

type Place = { readonly brokers: readonly string[]; readonly topic: string }

function clientOf({ brokers }: Place): Kafka {
  return new Kafka({ brokers: [...brokers], logCreator: () => () => undefined })
}

/** Reads the first `count` messages of a topic. */
export async function readRawKafka(place: Place, count: number): Promise<readonly RawMessage[]> {
  const consumer = clientOf(place).consumer({ groupId: `bench-${place.topic}` })
  await consumer.connect()
  await consumer.subscribe({ topic: place.topic, fromBeginning: true })
  const read: RawMessage[] = []
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: async ({ message: { key, value, headers } }) => {
          read.push({ key: String(key), value: String(value), headers: headers ?? {} })
          if (read.length >= count) resolve()
        },
      })
      .catch(reject)
  })
  await consumer.disconnect()
  return read
}

/**
 * Sends messages with the bare client, as safely as the hub does: to all replicas, by an idempotent producer, one batch at a
 * time. Makes the topic. Returns how long the sending took, in ms.
 */
export async function runRawKafka(
  place: Place & { readonly batch: number; readonly partitions: number },
  messages: readonly RawMessage[],
  { clock }: { readonly clock: Clock },
): Promise<number> {
  const { topic, batch, partitions } = place
  const kafka = clientOf(place)
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true })
  await admin.disconnect()
  const producer = kafka.producer({
    idempotent: true,
    createPartitioner: Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  const send = (some: readonly Message[]): Promise<unknown> =>
    producer.send({ topic, acks: -1, messages: [...some] })
  await send(messages.slice(0, batch))
  const startedAt = clock.now()
  for (let n = 0; n < messages.length; n += batch) await send(messages.slice(n, n + batch))
  const wallMs = clock.now() - startedAt
  await producer.disconnect()
  return wallMs
}
