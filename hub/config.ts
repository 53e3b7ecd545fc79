import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { channelConfigSchema } from './channel/config.ts'
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

const postgresSchema = z.strictObject({
  /** With user and password, which belong into a file of their own. */
  url: z.string().regex(/^postgres(ql)?:\/\/\S+$/, 'is not a postgres:// URL'),
  /** Connections of this process at once. */
  poolMax: z.int().min(1).max(1_000).default(10),
})

const ownSchema = z.strictObject({
  ...channelConfigSchema.shape,
  /** Anything but this machine itself needs API keys. */
  host: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(4_000),
  /** Folder of the store's and the engine's files; ":memory:" keeps nothing. */
  dataDir: z.string().min(1).default('data'),
  /** Where the hub keeps what it knows: a file in the data folder, or a server that many processes share. */
  store: z.enum(['sqlite', 'postgres']).default('sqlite'),
  postgres: postgresSchema.optional(),
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

type Env = Readonly<Record<string, string | undefined>>
type Fault = { readonly path: string; readonly message: string }
type Reading = 'text' | 'number' | 'flag' | 'list' | 'json'

/** What the environment may say instead of the file, and how; a secret may stand in a file named by KEY_FILE. */
const overrides: Readonly<Record<string, { readonly path: string; readonly as: Reading }>> = {
  KIVUKO_HOST: { path: 'host', as: 'text' },
  KIVUKO_PORT: { path: 'port', as: 'number' },
  KIVUKO_DATA_DIR: { path: 'dataDir', as: 'text' },
  KIVUKO_STORE: { path: 'store', as: 'text' },
  KIVUKO_POSTGRES_URL: { path: 'postgres.url', as: 'text' },
  KIVUKO_POSTGRES_POOL_MAX: { path: 'postgres.poolMax', as: 'number' },
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

const fileKeys = ['KIVUKO_CONFIG', 'KIVUKO_API_KEYS_FILE', 'KIVUKO_TENANTS_FILE'] as const

/** Every environment variable that the hub reads; `.env.example` has the same. */
export const environmentKeys: readonly string[] = [...fileKeys, ...Object.keys(overrides)]

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
  const config = readSources(env, faults)
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

/** The raw configuration: the file, then the environment over it. What cannot be read becomes a fault. */
function readSources(env: Env, faults: Fault[]): Record<string, unknown> {
  const file = env['KIVUKO_CONFIG']
  const read: unknown = file === undefined ? {} : readJsonFile(file, 'KIVUKO_CONFIG', faults)
  const resolved = withFiles(read, { path: '', folder: dirname(file ?? '.') }, faults)
  const config = isObject(resolved) ? { ...resolved } : {}
  if (!isObject(resolved)) faults.push({ path: 'KIVUKO_CONFIG', message: 'holds no JSON object' })
  for (const [key, { path, as }] of Object.entries(overrides)) {
    const value = as === 'json' ? readJsonKey(env, key, faults) : readText(env[key], as)
    if (value !== undefined) assign(config, path.split('.'), value)
  }
  return config
}

/** What the schema then refuses is left as it is. */
function readText(text: string | undefined, as: Reading): unknown {
  if (text === undefined) return undefined
  if (as === 'number') return /^\d+$/.test(text) ? Number(text) : text
  if (as === 'flag') return text === 'true' ? true : text === 'false' ? false : text
  return as === 'list' ? text.split(',').map((part) => part.trim()) : text
}

function readJsonKey(env: Env, key: string, faults: Fault[]): unknown {
  const file = env[`${key}_FILE`]
  if (file !== undefined) {
    const place = { path: '', folder: dirname(file) }
    return withFiles(readJsonFile(file, `${key}_FILE`, faults), place, faults)
  }
  const text = env[key]
  return text === undefined ? undefined : parseJson(text, key, faults)
}

function readJsonFile(file: string, path: string, faults: Fault[]): unknown {
  const text = readTextFile(file, path, faults)
  return text === undefined ? {} : parseJson(text, path, faults)
}

function parseJson(text: string, path: string, faults: Fault[]): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not the parser's own words: they quote the text, which holds secrets.
    faults.push({ path, message: 'is not JSON' })
    return {}
  }
}

function readTextFile(file: string, path: string, faults: Fault[]): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = isObject(error) && 'code' in error ? String(error['code']) : 'unreadable'
    faults.push({ path, message: `names ${file}, which cannot be read (${code})` })
    return undefined
  }
}

/** Puts the content of files where `{"file": "path"}` stands; paths are relative to the folder of the file they stand in. */
function withFiles(
  value: unknown,
  place: { readonly path: string; readonly folder: string },
  faults: Fault[],
): unknown {
  const inside = (key: string | number) => ({ ...place, path: `${place.path}.${key}` })
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => withFiles(item, inside(index), faults))
  }
  if (!isObject(value)) return value
  const { file } = value
  if (typeof file === 'string' && Object.keys(value).length === 1) {
    const text = readTextFile(resolve(place.folder, file), place.path.slice(1), faults)
    return text?.replace(/\r?\n$/, '')
  }
  const members = Object.entries(value)
  return Object.fromEntries(
    members.map(([key, item]) => [key, withFiles(item, inside(key), faults)]),
  )
}

function assign(config: Record<string, unknown>, [name = '', ...rest]: string[], value: unknown) {
  if (rest.length === 0) {
    config[name] = value
    return
  }
  const inner = config[name]
  const copy = isObject(inner) ? { ...inner } : {}
  config[name] = copy
  assign(copy, rest, value)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What each part allows and the whole does not. */
function contradictions(config: z.infer<typeof ownSchema>): readonly Fault[] {
  const { apiKeys, host, tenants, times, store, postgres } = config
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
    ...(store === 'postgres' ? [fault('store', lonePostgres)] : []),
    ...(store === 'sqlite' && postgres
      ? [fault('postgres', 'is given, but store says sqlite')]
      : []),
    ...(times.graceMs < times.clockSkewMsMax
      ? [fault('times.graceMs', 'is less than times.clockSkewMsMax')]
      : []),
    ...(times.resolverMaxMs < times.resolverFirstMs
      ? [fault('times.resolverMaxMs', 'is less than times.resolverFirstMs')]
      : []),
  ]
}

/** Two sets of parts are supported, and one engine in this process beside a database of many is neither. */
const lonePostgres =
  'postgres goes with the Zeebe engine only, which this version cannot use: the embedded engine goes with sqlite'

function fault(path: string, message: string): Fault {
  return { path, message }
}

function complaint(faults: readonly Fault[]): string {
  const lines = faults.map(({ path, message }) => `  ${path === '' ? '' : `${path}: `}${message}`)
  return ['the configuration is wrong:', ...lines].join('\n')
}
