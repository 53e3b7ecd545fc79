import { z } from 'zod'
import { formats, isCorrelationId, isCurrency, partyIdTypes } from './formats.ts'

const text = (max: number): z.ZodString => z.string().min(1).max(max)
const correlationId = z.string().refine(isCorrelationId, { error: 'must be a CorrelationId' })
const currency = z.string().refine(isCurrency, { error: 'must be an ISO 4217 code' })
const dateTime = z.string().regex(formats.dateTime)
const fspId = text(32)
const money = z.object({ currency, amount: z.string().regex(formats.amount) })
const extensionList = z.object({
  extension: z
    .array(z.object({ key: text(32), value: text(128) }))
    .min(1)
    .max(16),
})
const optional = { extensionList: extensionList.optional() }

const partyIdInfo = z.object({
  partyIdType: z.enum(partyIdTypes),
  partyIdentifier: text(128),
  partySubIdOrType: text(128).optional(),
  fspId: fspId.optional(),
  ...optional,
})
const name = z.string().max(128).optional()
const party = z.object({
  partyIdInfo,
  merchantClassificationCode: z
    .string()
    .regex(/^\d{1,4}$/)
    .optional(),
  name,
  personalInfo: z
    .object({
      complexName: z.object({ firstName: name, middleName: name, lastName: name }).optional(),
      dateOfBirth: z
        .string()
        .regex(/^\d{4}-\d{2}-\d{2}$/)
        .optional(),
    })
    .optional(),
})
const geoCode = z.object({ latitude: z.string(), longitude: z.string() }).optional()
const transactionType = z.object({
  scenario: z.enum(['DEPOSIT', 'WITHDRAWAL', 'TRANSFER', 'PAYMENT', 'REFUND']),
  subScenario: text(32).optional(),
  initiator: z.enum(['PAYER', 'PAYEE']),
  initiatorType: z.enum(['CONSUMER', 'AGENT', 'BUSINESS', 'DEVICE']),
  refundInfo: z.object({ originalTransactionId: correlationId }).optional(),
  balanceOfPayments: z
    .string()
    .regex(/^[1-9]\d{2}$/)
    .optional(),
})

/** PUT …/error of any resource. */
export const errorBodySchema = z.object({
  errorInformation: z.object({
    errorCode: z.string().regex(formats.errorCode),
    errorDescription: text(128),
    ...optional,
  }),
})

/** POST /participants/{Type}/{ID}. */
export const participantSchema = z.object({ fspId, currency: currency.optional(), ...optional })

/** POST /participants. */
export const participantsSchema = z.object({
  requestId: correlationId,
  partyList: z.array(partyIdInfo).min(1).max(10_000),
  currency: currency.optional(),
})

/** PUT /parties/{Type}/{ID}. */
export const partySchema = z.object({ party })

/** POST /quotes. */
export const quoteRequestSchema = z.object({
  quoteId: correlationId,
  transactionId: correlationId,
  transactionRequestId: correlationId.optional(),
  payee: party,
  payer: party,
  amountType: z.enum(['SEND', 'RECEIVE']),
  amount: money,
  fees: money.optional(),
  transactionType,
  geoCode,
  note: text(128).optional(),
  expiration: dateTime.optional(),
  ...optional,
})

/** PUT /quotes/{ID}. */
export const quoteSchema = z.object({
  transferAmount: money,
  payeeReceiveAmount: money.optional(),
  payeeFspFee: money.optional(),
  payeeFspCommission: money.optional(),
  expiration: dateTime,
  geoCode,
  ilpPacket: z.string().regex(formats.ilpPacket),
  condition: z.string().regex(formats.condition),
  ...optional,
})

/** POST /transfers. */
export const prepareSchema = z.object({
  transferId: correlationId,
  payeeFsp: fspId,
  payerFsp: fspId,
  amount: money,
  ilpPacket: z.string().regex(formats.ilpPacket),
  condition: z.string().regex(formats.condition),
  expiration: dateTime,
  ...optional,
})

/** PUT /transfers/{ID}. */
export const fulfilSchema = z.object({
  fulfilment: z.string().regex(formats.condition).optional(),
  completedTimestamp: dateTime.optional(),
  transferState: z.enum(['RECEIVED', 'RESERVED', 'COMMITTED', 'ABORTED']),
  ...optional,
})

export type Prepare = z.infer<typeof prepareSchema>
export type Fulfil = z.infer<typeof fulfilSchema>
export type ErrorBody = z.infer<typeof errorBodySchema>
