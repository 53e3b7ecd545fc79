import { z } from 'zod'
import { decimalsOf } from '../domain/currency.ts'
import { moneyOf } from '../domain/money.ts'
import { partyIdTypes, partyKey, type PartyId, type PartyIdType } from '../domain/party.ts'
import type { TransactionType } from '../domain/quote.ts'
import type { TransferOrder } from '../domain/transfer-record.ts'
import type { HttpRequest } from '../http.ts'
import { isCallbackTarget } from './callback-target.ts'
import { tenantHeader } from './caller.ts'
import type { ChannelConfig } from './config.ts'
import { canonicalJson } from './idempotency.ts'
import { fault, isRejection, type Fault, type Rejection } from './problem.ts'
import {
  correlationIdSchema,
  currencySchema,
  plainText,
  plainWord,
  readRequest,
} from './request.ts'

/** Of a party: who she is at her FSP. */
const partySchema = z
  .object({
    partyIdInfo: z.object({
      partyIdType: z.enum(partyIdTypes),
      partyIdentifier: plainWord(128),
      partySubIdOrType: plainText(128).nullish(),
      fspId: plainText(32).nullish(),
    }),
  })
  .meta({
    id: 'Party',
    example: { partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier: '254710000001' } },
  })

const amountSchema = z
  .string({ error: 'must be a decimal string, not a number' })
  .regex(/^-?(0|[1-9]\d{0,17})(\.\d{1,18})?$/, {
    error: 'must be a decimal string of at most 18 digits',
    abort: true,
  })
  .refine((text) => /^[^-]*[1-9]/.test(text), {
    error: 'must be more than zero',
    params: { fault: 'NegativeValue' },
  })
  .meta({ description: 'More than zero, with no more decimals than the currency has.' })

const ignored = 'Accepted and not used; part of what makes two requests the same.'

/** Payment Hub EE's `TransactionChannelRequestDTO`. Members that are not named here are ignored. */
const transferBodySchema = z
  .object({
    clientRefId: plainText(128).nullish(),
    payer: partySchema,
    payee: partySchema,
    amountType: z.enum(['SEND', 'RECEIVE']).nullish().meta({ description: 'SEND when absent.' }),
    amount: z.object({
      amount: amountSchema,
      currency: currencySchema,
    }),
    transactionType: z
      .object({
        scenario: z.enum(['DEPOSIT', 'WITHDRAWAL', 'TRANSFER', 'PAYMENT', 'REFUND']).nullish(),
        initiator: z.enum(['PAYER', 'PAYEE']).nullish(),
        initiatorType: z.enum(['CONSUMER', 'AGENT', 'BUSINESS', 'DEVICE']).nullish(),
      })
      .nullish()
      .meta({ description: 'TRANSFER, PAYER and CONSUMER when absent.' }),
    note: plainText(128).nullish(),
    expiration: z.unknown().optional().meta({ description: ignored }),
    geoCode: z.unknown().optional().meta({ description: ignored }),
    extensionList: z.unknown().optional().meta({ description: ignored }),
    customData: z.unknown().optional().meta({ description: ignored }),
  })
  .meta({
    id: 'TransactionChannelRequestDTO',
    example: {
      clientRefId: 'rent-november',
      payer: { partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier: '254710000001' } },
      payee: { partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier: '254720000002' } },
      amount: { amount: '100.50', currency: 'KES' },
    },
  })

/** What `POST /channel/transfer` reads. */
export const transferRequestSchema = z.object({
  headers: z.object({
    [tenantHeader]: z.string().meta({ description: "The payer's FSP.", example: 'heron' }),
    'X-CorrelationID': correlationIdSchema.meta({
      description: 'Your own id of this order: the same again gets the first answer again.',
    }),
    'X-CallbackURL': z
      .string()
      .max(2048)
      .optional()
      .meta({ description: 'Where to POST the outcome to; must be of an allowed origin.' }),
    'X-PayeeDFSP-ID': z
      .string()
      .optional()
      .meta({ description: "Accepted and not used: the directory names the payee's FSP." }),
  }),
  body: transferBodySchema,
})

/** What a client asked for, in the hub's own terms; `parameters` is the same text for every request that means the same. */
export type TransferRequest = {
  readonly correlationId: string
  readonly order: TransferOrder
  readonly parameters: string
}

/** Reads an order; a rejection lists all that is wrong with it. */
export function readTransferRequest(
  request: HttpRequest,
  config: Pick<ChannelConfig, 'callbackOrigins' | 'lab'>,
): TransferRequest | Rejection {
  const read = readRequest(transferRequestSchema, request)
  if (isRejection(read)) return read
  const { headers, body } = read
  const callbackUrl = headers['X-CallbackURL']
  const { expiration, geoCode, extensionList, customData } = body
  const unused = canonicalJson({ expiration, geoCode, extensionList, customData })
  const [first, ...others] = [
    ...amountFaults(body.amount),
    ...partyFaults(body, headers[tenantHeader]),
    ...(callbackUrl === undefined || isCallbackTarget(callbackUrl, config) ? [] : [targetFault]),
  ]
  if (first) return { faults: [first, ...others] }
  const order = orderOf(body, callbackUrl)
  const { minorUnits, currency } = order.amount
  return {
    correlationId: headers['X-CorrelationID'],
    order,
    parameters: JSON.stringify([{ ...order, amount: `${minorUnits} ${currency}` }, unused]),
  }
}

type TransferBody = z.infer<typeof transferBodySchema>

const targetFault = fault('FormatError', 'must be a URL of an allowed origin', 'X-CallbackURL')

function amountFaults({ amount, currency }: TransferBody['amount']): readonly Fault[] {
  const fraction = (amount.split('.')[1] ?? '').replace(/0+$/, '')
  const digits = decimalsOf(currency)
  if (fraction.length <= digits) return []
  return [fault('ExtValidationError', `${currency} has ${digits} decimals`, 'amount.amount')]
}

function partyFaults({ payer, payee }: TransferBody, tenant: string): readonly Fault[] {
  const faults: Fault[] = []
  const fspId = payer.partyIdInfo.fspId ?? ''
  if (fspId !== '' && fspId !== tenant)
    faults.push(fault('FormatError', `must be ${tenantHeader}`, 'payer.partyIdInfo.fspId'))
  if (partyKey(partyIdOf(payer)) === partyKey(partyIdOf(payee)))
    faults.push(fault('SamePartiesError', 'is the payer', 'payee.partyIdInfo'))
  return faults
}

function orderOf(body: TransferBody, callbackUrl: string | undefined): TransferOrder {
  const { clientRefId, note } = body
  return {
    payer: partyIdOf(body.payer),
    payee: partyIdOf(body.payee),
    amountType: body.amountType ?? 'SEND',
    amount: moneyOf({ ...body.amount, amount: withoutTrailingZeros(body.amount.amount) }),
    transactionType: transactionTypeOf(body),
    ...(clientRefId ? { clientRefId } : {}),
    ...(note ? { note } : {}),
    ...(callbackUrl === undefined ? {} : { callbackUrl }),
  }
}

function transactionTypeOf({ transactionType }: TransferBody): TransactionType {
  return {
    scenario: transactionType?.scenario ?? 'TRANSFER',
    initiator: transactionType?.initiator ?? 'PAYER',
    initiatorType: transactionType?.initiatorType ?? 'CONSUMER',
  }
}

function partyIdOf({ partyIdInfo }: TransferBody['payer']): PartyId {
  const { partyIdType: type, partyIdentifier, partySubIdOrType: subId } = partyIdInfo
  const identifier = canonicalIdentifier(type, partyIdentifier)
  return { type, identifier, ...(subId ? { subId } : {}) }
}

/** E.164 allows one "+" before an MSISDN: with or without it, it is the same party. */
export function canonicalIdentifier(type: PartyIdType, identifier: string): string {
  return type === 'MSISDN' ? identifier.replace(/^\+(?=\d)/, '') : identifier
}

function withoutTrailingZeros(amount: string): string {
  return amount.includes('.') ? amount.replace(/\.?0+$/, '') : amount
}
