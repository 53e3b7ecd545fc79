import sdk from '@mojaloop/sdk-standard-components'
import { z } from 'zod'
import type { PeerError, Rejection } from '../../hub/connector.ts'
import { parseMoney, type Money } from '../../hub/domain/money.ts'
import { partyIdTypes, type PartyId } from '../../hub/domain/party.ts'
import { isRefusal, type Refusal, type Stage } from '../../hub/domain/refusal.ts'

/** FSPIOP 1.1 §7.3, as regular expressions of its OpenAPI. */
export const patterns = {
  amount: /^(0|[1-9]\d{0,17})(\.\d{0,3}[1-9])?$/,
  currency: /^[A-Z]{3}$/,
  /** A UUID of 1.x, or a ULID, which 2.0 allows and some 1.x peers send. */
  correlationId:
    /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[1-7][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|[0-9A-HJKMNP-TV-Z]{26})$/,
  dateTime: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|[+-]\d\d:\d\d)$/,
  /** IMF-fixdate (RFC 7231 §7.1.1.1). */
  httpDate: /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/,
  condition: /^[A-Za-z0-9_-]{43}$/,
  ilpPacket: /^[A-Za-z0-9_-]{1,32768}$/,
  errorCode: /^[1-9]\d{3}$/,
  /** Any script with its combining marks; no control characters, not only spaces. */
  name: /^(?!\s*$)[^\p{Cc}]{1,128}$/u,
} as const satisfies Record<string, RegExp>

/** The resources that this connector reads and writes. */
export type Resource = 'participants' | 'parties' | 'quotes' | 'transfers'

/** At which stage of a transfer a resource's error stands. */
export const stages = {
  participants: 'lookup',
  parties: 'lookup',
  quotes: 'quote',
  transfers: 'transfer',
} as const satisfies Record<Resource, Stage>

/** The longest ErrorDescription; a longer one is cut, not refused (FSPIOP 1.1 §7.2.8). */
export const descriptionLengthMax = 128

const correlationId = z.string().regex(patterns.correlationId)
const fspId = z.string().min(1).max(32)
const name = z.string().regex(patterns.name)
const identifier = z.string().min(1).max(128)
const ilpPacket = z.string().regex(patterns.ilpPacket)
const condition = z.string().regex(patterns.condition)

const dateTime = z
  .string()
  .regex(patterns.dateTime)
  .transform((text) => Date.parse(text))
  .refine((ms) => !Number.isNaN(ms), 'is not a date')

const money = z
  .object({
    currency: z.string().regex(patterns.currency),
    amount: z.string().regex(patterns.amount),
  })
  .transform((wire, context): Money => {
    const read = parseMoney(wire)
    if (!isRefusal(read)) return read
    context.issues.push({ code: 'custom', message: read.description, input: wire })
    return z.NEVER
  })

const partyIdInfo = z.object({
  partyIdType: z.enum(partyIdTypes),
  partyIdentifier: identifier,
  partySubIdOrType: identifier.optional(),
  fspId: fspId.optional(),
})

/** A party as FSPIOP describes it. */
export const partySchema = z.object({
  partyIdInfo,
  name: name.optional(),
  personalInfo: z
    .object({
      complexName: z.object({ firstName: name.optional(), lastName: name.optional() }).optional(),
    })
    .optional(),
})

const transactionType = z.object({
  scenario: z.enum(['DEPOSIT', 'WITHDRAWAL', 'TRANSFER', 'PAYMENT', 'REFUND']),
  initiator: z.enum(['PAYER', 'PAYEE']),
  initiatorType: z.enum(['CONSUMER', 'AGENT', 'BUSINESS', 'DEVICE']),
})

const partyId = z.object({
  type: z.enum(partyIdTypes),
  identifier,
  subId: identifier.optional(),
})

/** Reads the parts of an address, /parties/{type}/{identifier}[/{subId}]; undefined when they name no party. */
export function readPartyId(parts: object): PartyId | undefined {
  const read = partyId.safeParse(parts)
  if (!read.success) return undefined
  const { type, identifier, subId } = read.data
  return { type, identifier, ...(subId === undefined ? {} : { subId }) }
}

/** Reads the id in an address, /transfers/{id}; undefined when it is none. */
export function readCorrelationId(text: string): string | undefined {
  return patterns.correlationId.test(text) ? text : undefined
}

/** Bodies of FSPIOP 1.1, §6 and §7.4. Members that are not named here are ignored, never refused. */
export const bodies = {
  error: z.object({
    errorInformation: z.object({
      errorCode: z.string().regex(patterns.errorCode),
      errorDescription: z.string(),
    }),
  }),
  party: z.object({ party: partySchema }),
  participant: z.object({ fspId: fspId.optional() }),
  quoteQuestion: z.object({
    quoteId: correlationId,
    transactionId: correlationId,
    payee: partySchema,
    payer: partySchema,
    amountType: z.enum(['SEND', 'RECEIVE']),
    amount: money,
    transactionType,
    note: z.string().min(1).max(128).optional(),
    expiration: dateTime.optional(),
  }),
  quoteTerms: z.object({
    transferAmount: money,
    payeeReceiveAmount: money.optional(),
    payeeFspFee: money.optional(),
    expiration: dateTime,
    ilpPacket,
    condition,
  }),
  prepare: z.object({
    transferId: correlationId,
    payeeFsp: fspId,
    payerFsp: fspId,
    amount: money,
    ilpPacket,
    condition,
    expiration: dateTime,
  }),
  fulfilment: z.object({
    fulfilment: condition.optional(),
    completedTimestamp: dateTime.optional(),
    transferState: z.enum(['RECEIVED', 'RESERVED', 'COMMITTED', 'ABORTED']),
  }),
  notification: z.object({
    completedTimestamp: dateTime,
    transferState: z.enum(['RECEIVED', 'RESERVED', 'COMMITTED', 'ABORTED']),
  }),
}

/** Reads the error in the answer to a message; undefined when there is none in FSPIOP's words. */
export function readPeerError(bytes: Uint8Array): PeerError | undefined {
  const read = bodies.error.safeParse(readJson(Buffer.from(bytes).toString('utf8')))
  if (!read.success) return undefined
  const { errorCode, errorDescription } = read.data.errorInformation
  return { errorCode, description: errorDescription.slice(0, descriptionLengthMax) }
}

/** What stands in a parsed body at a path; undefined when nothing does. */
export function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value
}

/** The parts of FSPIOP-Signature (Signature v1.1 §3.3). */
const signatureHeader = z.object({ signature: z.string(), protectedHeader: z.string() })

const protectedHeader = z.looseObject({
  alg: z.enum(['RS256', 'RS384', 'RS512']),
  'FSPIOP-URI': z.string(),
  'FSPIOP-HTTP-Method': z.string(),
  'FSPIOP-Source': z.string(),
  'FSPIOP-Destination': z.string().optional(),
  /** An extension that a verifier must understand (RFC 7515 §4.1.11); this one understands none. */
  crit: z.undefined().optional(),
})

const ilpTransaction = z.object({
  quoteId: correlationId,
  transactionId: correlationId,
  payee: partySchema,
  amount: money,
})

/** What a signature vouches for besides the body. */
export type ProtectedHeader = z.infer<typeof protectedHeader>

/** Reads the header FSPIOP-Signature; undefined when it is malformed. */
export function readSignatureHeader(text: string): z.infer<typeof signatureHeader> | undefined {
  return signatureHeader.safeParse(readJson(text)).data
}

/** Reads a protected header; undefined when it is malformed, or signed with anything but RSA. */
export function readProtectedHeader(base64Url: string): ProtectedHeader | undefined {
  return protectedHeader.safeParse(readJson(textOfBase64Url(base64Url))).data
}

/** Reads the transaction inside an ILP packet; undefined when it is none. */
export function readIlpTransaction(base64Url: string): z.infer<typeof ilpTransaction> | undefined {
  return ilpTransaction.safeParse(readJson(textOfBase64Url(base64Url))).data
}

/** Parses JSON; undefined, which no JSON stands for, when it is none. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function textOfBase64Url(base64Url: string): string {
  return Buffer.from(base64Url, 'base64url').toString('utf8')
}

/** A time as FSPIOP writes it: with milliseconds, in UTC (§7.2.3 DateTime). */
export function dateTimeOf(ms: number): string {
  return new Date(ms).toISOString()
}

/** The parts of an address, unescaped and without its query; undefined when an escape is malformed. */
export function addressParts(address: string): readonly string[] | undefined {
  const path = address.split('?', 1)[0] ?? ''
  const parts = path.split('/').slice(1)
  if (!path.includes('%')) return parts
  try {
    return parts.map(decodeURIComponent)
  } catch {
    return undefined
  }
}

/** Whether both lead to the same place: a proxy may escape more than the sender did. */
export function isSameAddress(a: string, b: string): boolean {
  if (a === b) return true
  const left = addressParts(a)
  const right = addressParts(b)
  if (left?.length !== right?.length) return false
  return left?.every((part, at) => part === right?.[at]) ?? false
}

/** The errors of FSPIOP 1.1 §7.6, by the library's names for them. */
export const fspiopErrors = sdk.Errors.MojaloopApiErrorCodes

type FspiopError = (typeof fspiopErrors)['CLIENT_ERROR']

const knownCodes: ReadonlySet<string> = new Set(
  Object.values(fspiopErrors).map((error: FspiopError) => error.code),
)

/** Makes the answer to a request that is not taken in: the library's code and status, and why. */
export function rejectionOf(error: FspiopError, description: string): Rejection {
  return {
    kind: 'rejection',
    status: error.httpStatusCode ?? 400,
    errorCode: error.code,
    description: `${error.message} - ${description}`.slice(0, descriptionLengthMax),
  }
}

/** Writes a refusal. A code that FSPIOP does not define becomes 3100, as switches demand (a scheme's own xx40-99 pass). */
export function errorOnWire(refusal: Refusal): object {
  const { errorCode, description } = refusal
  const isAllowed = knownCodes.has(errorCode) || /^[1-9]\d[4-9]\d$/.test(errorCode)
  return {
    errorInformation: {
      errorCode: isAllowed ? errorCode : fspiopErrors.VALIDATION_ERROR.code,
      errorDescription: (description || 'no reason given').slice(0, descriptionLengthMax),
    },
  }
}
