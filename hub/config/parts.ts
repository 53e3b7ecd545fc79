import { z } from 'zod'
import { kafkaConfigSchema } from '../events/kafka/config.ts'
import type { Fault, Overrides } from './sources.ts'

/**
 * What a process of the hub may do: take in clients' requests (`channel`) or what switches and peers send (`peers`); serve the
 * jobs that wait for a core (`worker:ledger`) or for the switch (`worker:switch`); carry the outbox to the engine, to clients
 * and to the event stream (`relay`); keep the statistics (`projections`).
 */
export const hubRoles = [
  'channel',
  'peers',
  'worker:ledger',
  'worker:switch',
  'relay',
  'projections',
] as const

/** One of the roles. */
export type HubRole = (typeof hubRoles)[number]

const zeebeSchema = z.strictObject({
  /** Where the gateway answers gRPC. TLS and OAuth are zeebe-node's own environment variables. */
  gatewayAddress: z.string().regex(/^[^\s/:]+:\d{1,5}$/, 'is not "host:port"'),
  /**
   * After how long a job whose worker says nothing any more is offered to another: longer than a step takes, two calls of ten
   * seconds included, and shorter than a transfer may take, so that the other can still bring it to its end.
   */
  jobTimeoutMs: z.int().min(1_000).max(3_600_000).default(25_000),
})

const postgresSchema = z.strictObject({
  /** With user and password, which belong into a file of their own. */
  url: z.string().regex(/^postgres(ql)?:\/\/\S+$/, 'is not a postgres:// URL'),
  /** Connections of this process at once. */
  poolMax: z.int().min(1).max(1_000).default(10),
})

/** The parts of the configuration that say which engine, store and event stream this process uses, and for what. */
export const partsShape = {
  /** What this process does; others of the same database do the rest. */
  roles: z
    .array(z.enum(hubRoles))
    .min(1)
    .default([...hubRoles]),
  /** What runs the workflows: this process itself, or a Zeebe cluster that many processes share. */
  engine: z.enum(['embedded', 'zeebe']).default('embedded'),
  zeebe: zeebeSchema.optional(),
  /** Where the hub keeps what it knows: a file in the data folder, or a server that many processes share. */
  store: z.enum(['sqlite', 'postgres']).default('sqlite'),
  postgres: postgresSchema.optional(),
  /** Whom events are told to: this process only, or a Kafka cluster. */
  events: z.enum(['in-process', 'kafka']).default('in-process'),
  kafka: kafkaConfigSchema.optional(),
} as const

/** What the environment may say of them. */
export const partsOverrides: Overrides = {
  KIVUKO_ROLES: { path: 'roles', as: 'list' },
  KIVUKO_ENGINE: { path: 'engine', as: 'text' },
  KIVUKO_ZEEBE_GATEWAY_ADDRESS: { path: 'zeebe.gatewayAddress', as: 'text' },
  KIVUKO_ZEEBE_JOB_TIMEOUT_MS: { path: 'zeebe.jobTimeoutMs', as: 'number' },
  KIVUKO_STORE: { path: 'store', as: 'text' },
  KIVUKO_POSTGRES_URL: { path: 'postgres.url', as: 'secret' },
  KIVUKO_POSTGRES_POOL_MAX: { path: 'postgres.poolMax', as: 'number' },
  KIVUKO_EVENTS: { path: 'events', as: 'text' },
  KIVUKO_KAFKA_BROKERS: { path: 'kafka.brokers', as: 'list' },
  KIVUKO_KAFKA_TOPIC: { path: 'kafka.topic', as: 'text' },
}

/** The parts as they were read. */
export type Parts = z.infer<z.ZodObject<typeof partsShape>>

/** Two sets of parts are supported: one process on its own files, or many on Zeebe and PostgreSQL. */
export function contradictionsOfParts(parts: Parts): readonly Fault[] {
  const { engine, store, events, roles } = parts
  const isCluster = engine === 'zeebe'
  const faults: readonly (readonly [boolean, string, string])[] = [
    [isCluster !== (store === 'postgres'), 'store', mixed(parts)],
    [events === 'kafka' && !isCluster, 'events', 'kafka goes with the engine zeebe only'],
    [
      !isCluster && !hubRoles.every((role) => roles.includes(role)),
      'roles',
      'the embedded engine needs all of them in one process: only with zeebe can they be split',
    ],
    [
      events === 'in-process' && roles.includes('relay') !== roles.includes('projections'),
      'roles',
      'relay and projections can be parted only by events: kafka',
    ],
    ...unread(parts),
  ]
  return faults.flatMap(([isWrong, path, message]) => (isWrong ? [{ path, message }] : []))
}

function mixed({ engine, store }: Parts): string {
  return `${store} does not go with the engine ${engine}: embedded goes with sqlite, zeebe with postgres`
}

/** Settings that are missing, or that nobody reads. */
function unread({ engine, zeebe, store, postgres, events, kafka }: Parts) {
  const pairs = [
    ['zeebe', zeebe, engine === 'zeebe', 'engine'],
    ['postgres', postgres, store === 'postgres', 'store'],
    ['kafka', kafka, events === 'kafka', 'events'],
  ] as const
  return pairs.flatMap(([path, given, isUsed, by]) => [
    [isUsed && given === undefined, path, `is missing, and ${by} says ${path}`] as const,
    [!isUsed && given !== undefined, path, `is given, but ${by} does not say ${path}`] as const,
  ])
}
