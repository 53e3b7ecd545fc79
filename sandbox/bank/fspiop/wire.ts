import { createHash } from 'node:crypto'
import { z } from 'zod'
import { decimalOf, isCurrency, minorUnitsOf, type Money } from '../../money.ts'

/** FSPIOP's Money: a decimal string without zeros at its end, and a currency. */
export const wireMoneySchema = z.object({
  amount: z.string().regex(/^(0|[1-9]\d{0,17})(\.\d{0,3}[1-9])?$/),
  currency: z.string().regex(/^[A-Z]{3}$/),
})

export type WireMoney = z.infer<typeof wireMoneySchema>

const id = z.string().regex(/^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-HJKMNP-TV-Z]{26})$/)
const hash = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
const ilpPacket = z.string().regex(/^[A-Za-z0-9_-]{1,32768}$/)
const fspId = z.string().min(1).max(32)
/** Milliseconds since 1970. */
const dateTime = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}(Z|[+-]\d{2}:\d{2})$/)
  .refine((text) => !Number.isNaN(Date.parse(text)))
  .transform((text) => Date.parse(text))

const partySchema = z.looseObject({
  partyIdInfo: z.looseObject({
    partyIdType: z.string().min(1).max(32),
    partyIdentifier: z.string().min(1).max(128),
    partySubIdOrType: z.string().min(1).max(128).optional(),
    fspId: fspId.optional(),
  }),
})

/** PUT /parties/{Type}/{ID}. */
export const partyAnswerSchema = z.object({ party: partySchema })

/** POST /quotes, as far as a payee looks at it. */
export const quoteRequestSchema = z.object({
  quoteId: id,
  transactionId: id,
  payee: partySchema,
  payer: partySchema,
  amountType: z.enum(['SEND', 'RECEIVE']),
  amount: wireMoneySchema,
  transactionType: z.looseObject({}),
  note: z.string().max(128).optional(),
  expiration: dateTime.optional(),
})

/** PUT /quotes/{ID}. */
export const quoteAnswerSchema = z.object({
  transferAmount: wireMoneySchema,
  payeeReceiveAmount: wireMoneySchema.optional(),
  expiration: dateTime,
  ilpPacket,
  condition: hash,
})

/** POST /transfers. */
export const prepareSchema = z.object({
  transferId: id,
  payeeFsp: fspId,
  payerFsp: fspId,
  amount: wireMoneySchema,
  ilpPacket,
  condition: hash,
  expiration: dateTime,
})

/** PUT and PATCH /transfers/{ID}. */
export const transferStateSchema = z.object({
  transferState: z.enum(['RECEIVED', 'RESERVED', 'COMMITTED', 'ABORTED']),
  fulfilment: hash.optional(),
})

/** PUT …/error. */
export const errorSchema = z.object({
  errorInformation: z.object({
    errorCode: z.string().regex(/^[1-9]\d{3}$/),
    errorDescription: z.string().min(1).max(128),
  }),
})

export type QuoteRequest = z.infer<typeof quoteRequestSchema>
export type QuoteAnswer = z.infer<typeof quoteAnswerSchema>
export type Prepare = z.infer<typeof prepareSchema>
export type TransferTold = z.infer<typeof transferStateSchema>
export type PartyTold = z.infer<typeof partySchema>

/** A reasoned no as it travels. */
export type FspiopError = { readonly errorCode: string; readonly errorDescription: string }

/** A no with its code; words are cut to what FSPIOP allows. */
export function fspiopError(errorCode: string, words: string): FspiopError {
  return { errorCode, errorDescription: words.slice(0, 128) }
}

/** The body of an error. */
export function errorBody(errorInformation: FspiopError): string {
  return JSON.stringify({ errorInformation })
}

/** How a party is found: FSPIOP's Type, ID and SubId. */
export type PartyId = { readonly type: string; readonly id: string; readonly subId?: string }

/** The path of a party below /parties: two ids never share it. */
export function partyPath({ type, id, subId }: PartyId): string {
  const parts = subId === undefined ? [type, id] : [type, id, subId]
  return parts.map(encodeURIComponent).join('/')
}

/** Money of the wire in minor units; undefined for a currency unknown here, or more decimals than it has. */
export function moneyOf({ amount, currency }: WireMoney): Money | undefined {
  const minorUnits = isCurrency(currency) ? minorUnitsOf(amount, currency) : undefined
  return minorUnits === undefined ? undefined : { minorUnits, currency }
}

/** Money as FSPIOP writes it: 10.50 KES is "10.5". */
export function wireMoneyOf({ minorUnits, currency }: Money): WireMoney {
  const decimal = decimalOf(minorUnits, currency)
  return { amount: decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal, currency }
}

/** FSPIOP's DateTime. */
export function dateTimeOf(ms: number): string {
  return new Date(ms).toISOString()
}

/** The same for every JSON text that says the same, whatever its white space and the order of its members. */
export function contentHash(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content, sorted)).digest('base64url')
}

function sorted(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
