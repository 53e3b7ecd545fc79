import type { Headers } from '../../http.ts'
import { mediaType } from '../fspiop/header-rules.ts'
import type { Operation } from '../faults.ts'

/** One request that leaves for a participant. */
export type Message = {
  readonly to: string
  /** Under which name a fault can break its delivery. */
  readonly operation: Operation
  readonly method: string
  /** Starts at the resource ("/transfers/…"), with the query if there is one. */
  readonly path: string
  /** End-to-end headers: of a relayed message those that were received; of our own only what does not depend on the sending. */
  readonly headers: Headers
  /** Ours: source, date and signature are added when it is sent. */
  readonly isOwn: boolean
  /** The Date of our own message when it is not that of its sending: a reading is dated when it was read. */
  readonly datedAt?: number
  readonly bytes: Uint8Array
}

/** Headers that speak of one connection (RFC 9110 §7.6.1), or to this switch alone. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'host',
  'content-length',
  'accept-encoding',
  'authorization',
  'cookie',
])

/** Everything that must reach the other end unchanged. */
export function endToEnd(headers: Headers): Headers {
  const named = new Set(
    (headers['connection'] ?? '').split(',').map((name) => name.trim().toLowerCase()),
  )
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !hopByHop.has(name) && !named.has(name)),
  )
}

/** A message of the switch itself, about a resource of FSPIOP. */
export function ownMessage(of: {
  readonly to: string
  readonly operation: Operation
  readonly method: 'PUT' | 'PATCH'
  readonly path: string
  readonly resource: string
  readonly version: string
  readonly body: unknown
  readonly datedAt?: number
}): Message {
  const { to, operation, method, path, datedAt } = of
  const headers = { 'content-type': mediaType(of.resource, of.version) }
  const bytes = Buffer.from(JSON.stringify(of.body))
  const dated = datedAt === undefined ? {} : { datedAt }
  return { to, operation, method, path, headers, isOwn: true, bytes, ...dated }
}
