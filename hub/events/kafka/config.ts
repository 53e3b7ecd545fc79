import { Kafka } from 'kafkajs'
import { z } from 'zod'

const broker = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:,/]+):[0-9]{1,5}$/, 'a broker is given as host:port')

const credentials = { username: z.string().min(1), password: z.string().min(1) }
const sasl = z.discriminatedUnion('mechanism', [
  z.strictObject({ mechanism: z.literal('plain'), ...credentials }),
  z.strictObject({ mechanism: z.literal('scram-sha-256'), ...credentials }),
  z.strictObject({ mechanism: z.literal('scram-sha-512'), ...credentials }),
])

/**
 * Where the events go. `brokers` are those to begin with; the others are asked for. A topic that is missing is made with
 * `partitions`, which must never change afterwards, and with `replicationFactor` or the brokers' own default.
 */
export const kafkaConfigSchema = z.strictObject({
  brokers: z.array(broker).min(1),
  topic: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,249}$/)
    .default('kivuko.transfers'),
  tls: z.union([z.boolean(), z.strictObject({ caPem: z.string().min(1) })]).default(false),
  sasl: sasl.optional(),
  partitions: z.int().min(1).max(1_000).default(12),
  replicationFactor: z.int().min(1).max(32).optional(),
})

/** What `kafkaConfigSchema` gives. */
export type KafkaConfig = z.output<typeof kafkaConfigSchema>

/** After this many failures in a row a call gives up; who called it goes on from there. */
export const kafkaRetry = {
  retries: 3,
  initialRetryTime: 100,
  maxRetryTime: 1_000,
  multiplier: 2,
  factor: 0.2,
} as const

/** A client of the brokers, which opens no connection yet. It writes no log of its own: what fails is told by who called. */
export function createKafkaClient({ brokers, tls, sasl }: KafkaConfig): Kafka {
  return new Kafka({
    clientId: 'kivuko',
    brokers: [...brokers],
    ssl: typeof tls === 'boolean' ? tls : { ca: [tls.caPem] },
    ...(sasl === undefined ? {} : { sasl }),
    connectionTimeout: 2_000,
    authenticationTimeout: 5_000,
    requestTimeout: 5_000,
    retry: kafkaRetry,
    logCreator: () => () => undefined,
  })
}
