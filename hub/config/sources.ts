import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** The environment of a program. */
export type Env = Readonly<Record<string, string | undefined>>

/** What is wrong with the configuration, and where; never with a value. */
export type Fault = { readonly path: string; readonly message: string }

/** How the text of a variable is read. A secret or JSON may stand in a file, which KEY_FILE names. */
type Reading = 'text' | 'secret' | 'number' | 'flag' | 'list' | 'json'

/** What the environment may say instead of the file, by variable. */
export type Overrides = Readonly<Record<string, { readonly path: string; readonly as: Reading }>>

/** Every variable that `readSources` looks at. */
export function environmentKeysOf(overrides: Overrides): readonly string[] {
  const files = Object.entries(overrides).flatMap(([key, { as }]) =>
    as === 'secret' || as === 'json' ? [`${key}_FILE`] : [],
  )
  return ['KIVUKO_CONFIG', ...files, ...Object.keys(overrides)]
}

/**
 * The raw configuration: the JSON file that KIVUKO_CONFIG names, then the environment over it. What cannot be read becomes a
 * fault, without the value.
 */
export function readSources(
  overrides: Overrides,
  env: Env,
  faults: Fault[],
): Record<string, unknown> {
  const file = env['KIVUKO_CONFIG']
  const read: unknown = file === undefined ? {} : readJsonFile(file, 'KIVUKO_CONFIG', faults)
  const resolved = withFiles(read, { path: '', folder: dirname(file ?? '.') }, faults)
  const config = isObject(resolved) ? { ...resolved } : {}
  if (!isObject(resolved)) faults.push({ path: 'KIVUKO_CONFIG', message: 'holds no JSON object' })
  for (const [key, { path, as }] of Object.entries(overrides)) {
    const value = readKey(env, { key, as }, faults)
    if (value !== undefined) assign(config, path.split('.'), value)
  }
  return config
}

function readKey(
  env: Env,
  { key, as }: { readonly key: string; readonly as: Reading },
  faults: Fault[],
): unknown {
  if (as === 'json') return readJsonKey(env, key, faults)
  return readText(as === 'secret' ? readSecretKey(env, key, faults) : env[key], as)
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

function readSecretKey(env: Env, key: string, faults: Fault[]): string | undefined {
  const file = env[`${key}_FILE`]
  if (file === undefined) return env[key]
  return readTextFile(file, `${key}_FILE`, faults)?.replace(/\r?\n$/, '')
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
