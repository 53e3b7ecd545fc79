import { pino, type DestinationStream } from 'pino'
import type { Clock } from './clock.ts'

/** Structured, one line per boundary crossing; the message is a constant lower-case phrase. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** How much is written, from all to nothing. */
export const logLevels = ['info', 'warn', 'error', 'silent'] as const

/** What is written, and where to. */
export type LogOptions = {
  readonly level: (typeof logLevels)[number]
  /** A file that lines are appended to, or something that takes them; the standard error if neither. */
  readonly to?: string | DestinationStream
}

/**
 * A log of JSON lines `{level, time, msg, …fields}`. Names, phone numbers, tokens, keys and bodies are taken out of the
 * fields, errors included, before they are written. A line is written when the call returns.
 */
export function createLog(options: LogOptions, { clock }: { readonly clock: Clock }): Log {
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":${clock.now()}`,
      formatters: { level: (level) => ({ level }), log: redact },
    },
    destination(options.to),
  )
  return {
    info: (fields, message) => {
      logger.info(fields, message)
    },
    warn: (fields, message) => {
      logger.warn(fields, message)
    },
    error: (fields, message) => {
      logger.error(fields, message)
    },
  }
}

function destination(to: LogOptions['to']): DestinationStream {
  if (typeof to === 'object') return to
  return pino.destination({ dest: to ?? 2, sync: true, mkdir: true })
}

const removed = '[removed]'
const depthMax = 5
const listMax = 50

/** Fields whose whole value stays out of the log, by name, whatever its case; a transfer's `key` is an object and stays. */
const secretNames = new Set([
  ...['name', 'firstname', 'middlename', 'lastname', 'displayname', 'fullname', 'dateofbirth'],
  ...['msisdn', 'identifier', 'partyidentifier', 'payeridentifier', 'payeeidentifier', 'partykey'],
  ...['token', 'accesstoken', 'apikey', 'secret', 'callbacksecret', 'ilpsecret', 'password'],
  ...['authorization', 'cookie', 'signature', 'privatekey', 'publickey', 'jwskey', 'pem'],
  ...['body', 'bytes', 'raw', 'headers', 'payload', 'data', 'note', 'fulfilment', 'ilppacket'],
])

/** What gives itself away inside a text: phone and account numbers, bearer and basic credentials, JWTs, PEM blocks. */
const secretTexts = [
  /-----BEGIN [A-Z ]+-----[^]*?(?:-----END [A-Z ]+-----|$)/g,
  /\b(?:Bearer|Basic)\s+[\w+/=.~-]+/gi,
  /\beyJ[\w-]+(?:\.[\w-]*)+/g,
  /\bkvk_[\w-]+/g,
  /(?<![\w-])\+?\d{9,15}(?![\w-])/g,
]

/** The fields without what a log may never hold; errors become type, message, stack and cause, cleaned the same way. */
function redact(fields: object): Record<string, unknown> {
  return redactMembers(fields, 0)
}

function redactMembers(value: object, depth: number): Record<string, unknown> {
  const cleaned: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    cleaned[name] = isSecret(name, member) ? removed : redactValue(member, depth + 1)
  }
  return cleaned
}

function isSecret(name: string, member: unknown): boolean {
  const plain = name.toLowerCase().replace(/[^a-z]/g, '')
  return secretNames.has(plain) || (plain === 'key' && typeof member !== 'object')
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (depth > depthMax || ArrayBuffer.isView(value)) return removed
  if (Array.isArray(value))
    return value.slice(0, listMax).map((item) => redactValue(item, depth + 1))
  if (value instanceof Error) return redactError(value, depth)
  return redactMembers(value, depth)
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  const { name: type, message, stack, cause } = error
  return {
    ...redactMembers(error, depth),
    type,
    message: redactText(message),
    ...(stack === undefined ? {} : { stack: redactText(stack) }),
    ...(cause === undefined ? {} : { cause: redactValue(cause, depth + 1) }),
  }
}

function redactText(text: string): string {
  return secretTexts.reduce((cleaned, secret) => cleaned.replace(secret, removed), text)
}
