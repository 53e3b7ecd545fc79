import { Partitioners, type Kafka, type Producer } from 'kafkajs'
import type { Clock } from '../../clock.ts'
import type { LegEvent } from '../event-stream.ts'
import { kafkaRetry, type KafkaConfig } from './config.ts'
import { makeTopic } from './topic.ts'
import { writeMessage, type WireMessage } from './wire.ts'

/** Sends events to the topic; one call at a time. */
export interface Publisher {
  /** Resolves when all in-sync replicas have them. Rejects within `publishMsMax` otherwise; some may be there then. */
  publish(events: readonly LegEvent[]): Promise<void>
  close(): Promise<void>
}

/** What everything of a stream stands on. */
export type KafkaPorts = {
  readonly kafka: Kafka
  readonly config: KafkaConfig
  readonly clock: Clock
}

const publishMsMax = 10_000
const messagesMax = 500
/** Brokers take one megabyte at a time by default. */
const bytesMax = 500_000

/** A producer, and whether it is ready to send. */
type Session = { readonly producer: Producer; readonly ready: Promise<void> }

/**
 * Connects when the first events come, and anew after each failure: the numbers by which brokers recognise what an idempotent
 * producer repeats hold only while its sends are the same again, and after a failure the next publication may be another.
 */
export function createPublisher(ports: KafkaPorts): Publisher {
  const { config, clock } = ports
  let session: Session | undefined
  const send = async ({ producer, ready }: Session, events: readonly LegEvent[]): Promise<void> => {
    await ready
    // Awaited one by one: sends that overlap change places when a broker comes back.
    for (const messages of portionsOf(events.map(writeMessage)))
      await producer.send({ topic: config.topic, acks: -1, messages })
  }
  return {
    publish: async (events) => {
      if (events.length === 0) return
      const used = session ?? openSession(ports)
      session = used
      const sending = send(used, events)
      try {
        await within(sending, clock)
      } catch (error) {
        session = undefined
        void endSession(used, sending)
        throw error
      }
    },
    close: async () => {
      const used = session
      session = undefined
      if (used !== undefined) await endSession(used, used.ready)
    },
  }
}

function openSession({ kafka, config }: KafkaPorts): Session {
  const producer = kafka.producer({
    idempotent: true,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: kafkaRetry,
  })
  const connect = async (): Promise<void> => {
    await makeTopic(kafka, config)
    await producer.connect()
  }
  return { producer, ready: connect() }
}

/** What is still being tried opens connections again, so they are closed only after it. */
async function endSession({ producer }: Session, work: Promise<void>): Promise<void> {
  await work.catch(() => undefined)
  await producer.disconnect().catch(() => undefined)
}

async function within(sending: Promise<void>, clock: Clock): Promise<void> {
  let cancel = (): void => undefined
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(publishMsMax, () => {
      reject(new Error(`the events were not kept within ${publishMsMax} ms`))
    })
  })
  await Promise.race([sending, late]).finally(() => {
    cancel()
  })
}

function portionsOf(messages: readonly WireMessage[]): readonly WireMessage[][] {
  const portions: WireMessage[][] = []
  let bytes = bytesMax
  for (const message of messages) {
    const size = Buffer.byteLength(message.value)
    const last = portions.at(-1)
    if (last !== undefined && last.length < messagesMax && bytes + size <= bytesMax) {
      last.push(message)
      bytes += size
    } else {
      portions.push([message])
      bytes = size
    }
  }
  return portions
}
