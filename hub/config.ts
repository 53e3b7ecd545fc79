import { z } from 'zod'
import { channelConfigSchema } from './channel/config.ts'
import { contradictionsOfParts, partsOverrides, partsShape } from './config/parts.ts'
import {
  environmentKeysOf,
  readSources,
  type Env,
  type Fault,
  type Overrides,
} from './config/sources.ts'
import { isCurrency } from './domain/currency.ts'
import type { Times } from './workflow.ts'

const ms = z.int().min(1)

const timesSchema = z.strictObject({
  lookupMs: ms.default(10_000),
  quoteMs: ms.default(60_000),
  transferMs: ms.default(30_000),
  graceMs: ms.default(5_000),
  resolverFirstMs: ms.default(1_000),
  resolverMaxMs: ms.default(60_000),
  clockSkewMsMax: ms.default(2_000),
  coreLongestMs: ms.default(30_000),
  bookingRetryMs: ms.default(5_000),
}) satisfies z.ZodType<Times>

/** How long things may take where nobody says otherwise (ARCHITECTURE.md §5). */
export const defaultTimes: Times = timesSchema.parse({})

const tenantSchema = z.strictObject({
  /** The FSP's name in the scheme; part of URLs and of every key. */
  fspId: z.string().regex(/^[A-Za-z0-9._-]{1,32}$/, 'is 1 to 32 letters, digits, ".", "_" or "-"'),
  /** The currency of an order that names none: the one accounts are registered in. */
  currency: z.string().refine(isCurrency, 'is not a currency of ISO 4217'),
  /** Signs what the FSP's clients are called back with. */
  callbackSecret: z.string().min(16),
})

const ownSchema = z.strictObject({
  ...channelConfigSchema.shape,
  ...partsShape,
  /** Anything but this machine itself needs API keys. */
  host: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(4_000),
  /** Folder of the store's and the engine's files; ":memory:" keeps nothing. */
  dataDir: z.string().min(1).default('data'),
  bodyBytesMax: z.int().min(1_024).max(104_857_600).default(5_242_880),
  logLevel: z.enum(['info', 'warn', 'error', 'silent']).optional(),
  /** The standard error if absent. */
  logFile: z.string().min(1).optional(),
  /** A lab may call clients back on this machine, and shows its books. */
  lab: z.boolean().default(false),
  times: timesSchema.prefault({}),
  tenants: z.array(tenantSchema).min(1),
})

type TenantParts = Readonly<Record<string, z.ZodType>>

/** The hub's configuration, with what the connectors need to know of each FSP. */
export type HubConfigOf<P extends TenantParts> = Omit<z.infer<typeof ownSchema>, 'tenants'> & {
  readonly tenants: readonly (z.infer<typeof tenantSchema> & {
    readonly [K in keyof P]: z.infer<P[K]>
  })[]
}

/** What the environment may say instead of the file, and how. */
const overrides: Overrides = {
  KIVUKO_HOST: { path: 'host', as: 'text' },
  KIVUKO_PORT: { path: 'port', as: 'number' },
  KIVUKO_DATA_DIR: { path: 'dataDir', as: 'text' },
  ...partsOverrides,
  KIVUKO_BODY_BYTES_MAX: { path: 'bodyBytesMax', as: 'number' },
  KIVUKO_LOG_LEVEL: { path: 'logLevel', as: 'text' },
  KIVUKO_LOG_FILE: { path: 'logFile', as: 'text' },
  KIVUKO_LAB: { path: 'lab', as: 'flag' },
  KIVUKO_CALLBACK_ORIGINS: { path: 'callbackOrigins', as: 'list' },
  KIVUKO_API_KEYS: { path: 'apiKeys', as: 'json' },
  KIVUKO_TENANTS: { path: 'tenants', as: 'json' },
  ...Object.fromEntries(
    Object.keys(timesSchema.shape).map((name) => [
      `KIVUKO_TIMES_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`,
      { path: `times.${name}`, as: 'number' as const },
    ]),
  ),
}

/** Every environment variable that the hub reads; `.env.example` has the same. */
export const environmentKeys: readonly string[] = environmentKeysOf(overrides)

/**
 * Reads the whole configuration, once: the JSON file that KIVUKO_CONFIG names (none: nothing but defaults), then what the
 * environment says instead. A text in the file may be `{"file": "path"}`: the content of that file, its last newline cut.
 * `tenantParts` are the connectors' schemas of one FSP. Throws one error with a line per fault, never with a value.
 */
export function readHubConfig<P extends TenantParts>(
  tenantParts: P,
  env: Env = process.env,
): HubConfigOf<P> {
  const faults: Fault[] = []
  const config = readSources(overrides, env, faults)
  const schema = ownSchema.extend({ tenants: z.array(tenantSchema.extend(tenantParts)).min(1) })
  const parsed = schema.safeParse(config)
  for (const { path, message } of parsed.error?.issues ?? []) {
    faults.push({ path: path.join('.'), message })
  }
  const known: unknown = parsed.data
  if (parsed.success) faults.push(...contradictions(known as z.infer<typeof ownSchema>))
  if (faults.length > 0) throw new Error(complaint(faults))
  return known as HubConfigOf<P>
}

/** What each part allows and the whole does not. */
function contradictions(config: z.infer<typeof ownSchema>): readonly Fault[] {
  const { apiKeys, host, tenants, times } = config
  const fspIds = tenants.map(({ fspId }) => fspId)
  const isOpen = !/^(127(\.\d+){3}|::1|localhost)$/.test(host) && apiKeys.length === 0
  const doubles = fspIds.filter((fspId, index) => fspIds.indexOf(fspId) !== index)
  const strangers = apiKeys.flatMap((key) => key.tenants).filter((fspId) => !fspIds.includes(fspId))
  return [
    ...(isOpen
      ? [fault('host', `${host} is open to others: without apiKeys only 127.0.0.1 may be`)]
      : []),
    ...doubles.map((fspId) => fault('tenants', `name ${fspId} twice`)),
    ...strangers.map((fspId) => fault('apiKeys', `name ${fspId}, which is no tenant`)),
    ...contradictionsOfParts(config),
    ...(times.graceMs < times.clockSkewMsMax
      ? [fault('times.graceMs', 'is less than times.clockSkewMsMax')]
      : []),
    ...(times.resolverMaxMs < times.resolverFirstMs
      ? [fault('times.resolverMaxMs', 'is less than times.resolverFirstMs')]
      : []),
  ]
}

function fault(path: string, message: string): Fault {
  return { path, message }
}

function complaint(faults: readonly Fault[]): string {
  const lines = faults.map(({ path, message }) => `  ${path === '' ? '' : `${path}: `}${message}`)
  return ['the configuration is wrong:', ...lines].join('\n')
}
