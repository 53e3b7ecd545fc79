import type { z } from 'zod'
import { fspiopError, type FspiopError } from './fspiop-error.ts'

/** What was asked for, or why not. */
export type Parsed<T> = { readonly value: T } | { readonly error: FspiopError }

/** A JSON body of this shape. The no is 3102 for a missing element, 3103 for too many, 3101 for everything else. */
export function parseBody<T>(bytes: Uint8Array, schema: z.ZodType<T>): Parsed<T> {
  const body = parseJson(bytes)
  if (typeof body !== 'object' || body === null) {
    return { error: fspiopError('3101', 'the body is not a JSON object') }
  }
  if (isDeeperThan(body, depthMax)) return { error: fspiopError('3101', 'nested too deeply') }
  const parsed = schema.safeParse(body)
  if (parsed.success) return { value: parsed.data }
  return { error: describe(parsed.error.issues[0], body) }
}

/** The body as JSON, or undefined. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    return value
  } catch {
    return undefined
  }
}

/** FSPIOP nests 6 levels at most; what is far deeper is only there to exhaust a stack. */
const depthMax = 32

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (depth === 0) return true
  return Object.values(value).some((member) => isDeeperThan(member, depth - 1))
}

function describe(issue: z.core.$ZodIssue | undefined, body: object): FspiopError {
  if (!issue) return fspiopError('3100')
  const where = `/body/${issue.path.join('/')}`
  if (valueAt(body, issue.path) === undefined) return fspiopError('3102', where)
  if (issue.code === 'too_big' && issue.origin === 'array') return fspiopError('3103', where)
  return fspiopError('3101', `${where} ${issue.message}`)
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value
}
