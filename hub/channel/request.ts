import { z } from 'zod'
import { isCurrency } from '../domain/currency.ts'
import type { HttpRequest } from '../http.ts'
import { readJson } from '../router.ts'
import { fault, reject, type Fault, type Rejection } from './problem.ts'

const currencyWords = 'must be a currency of ISO 4217'

/** Text as a person types it: no control characters, no halves of characters. */
export function plainText(lengthMax: number): z.ZodString {
  return z
    .string()
    .max(lengthMax, { error: `must have at most ${String(lengthMax)} characters`, abort: true })
    .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text), { error: 'must hold no control characters' })
}

/** The same, one character at least. */
export function plainWord(lengthMax: number): z.ZodString {
  return plainText(lengthMax).min(1, { error: 'must not be empty' })
}

/** A currency that money can be held in. */
export const currencySchema = z
  .string()
  .regex(/^[A-Z]{3}$/, { error: currencyWords, abort: true })
  .refine(isCurrency, { error: currencyWords })

/** A client's own name for its request: the key under which a repeat is known. */
export const correlationIdSchema = z
  .string()
  .regex(/^[\x20-\x7e]{1,100}$/, { error: 'must be 1 to 100 printable ASCII characters' })

/**
 * Reads a JSON request by a schema of `{ headers, body }`, headers named as documented. Rejects with 415, with 400 for
 * what is not JSON, and otherwise lists every fault.
 */
export function readRequest<T extends z.ZodObject>(
  schema: T & { readonly shape: { readonly headers: z.ZodObject } },
  request: HttpRequest,
): z.infer<T> | Rejection {
  if (!/^application\/json *(;|$)/i.test(request.headers['content-type'] ?? ''))
    return reject('GenericClientError', 'must be application/json', 'Content-Type')
  const json = readJson(request)
  if (json.kind === 'malformed') return reject('SyntaxError', json.description)
  const headers = namedHeaders(schema.shape.headers, request)
  const read = schema.safeParse({ headers, body: json.value })
  return read.success ? read.data : rejectionOf(read.error, { headers, body: json.value })
}

/** Reads only headers, named as documented, by their schema. */
export function readHeaders<T extends z.ZodObject>(
  schema: T,
  request: HttpRequest,
): z.infer<T> | Rejection {
  return readParameters(schema, namedHeaders(schema, request))
}

/** Reads parameters of a path or a query by their schema. */
export function readParameters<T extends z.ZodObject>(
  schema: T,
  given: Readonly<Record<string, string | undefined>>,
): z.infer<T> | Rejection {
  const read = schema.safeParse(given)
  return read.success ? read.data : rejectionOf(read.error, given)
}

function namedHeaders(
  schema: z.ZodObject,
  { headers }: HttpRequest,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.keys(schema.shape).map((name) => [name, headers[name.toLowerCase()]]),
  )
}

function rejectionOf(error: z.ZodError, given: unknown): Rejection {
  const [first, ...others] = error.issues.map((issue) => faultOf(issue, given))
  return { faults: [first ?? fault('SyntaxError', 'cannot be read'), ...others] }
}

function faultOf(issue: z.core.$ZodIssue, given: unknown): Fault {
  const { path, message } = issue
  const parameter = path.filter((part, at) => at > 0 || !isPart(part)).join('.')
  const value = path.reduce(memberOf, given)
  if (issue.code === 'custom' && issue.params?.['fault'] === 'NegativeValue')
    return fault('NegativeValue', message, parameter)
  return value === undefined || value === null
    ? fault('MandatoryValueNotSupplied', 'is required', parameter || 'body')
    : fault('FormatError', message, parameter || 'body')
}

/** The schema's own two members name no place that the client knows. */
function isPart(part: PropertyKey): boolean {
  return part === 'headers' || part === 'body'
}

function memberOf(value: unknown, name: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined
}
