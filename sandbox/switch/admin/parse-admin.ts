import { z } from 'zod'
import { accountTypeOf } from '../ledger/accounts.ts'
import { isCurrency } from '../fspiop/formats.ts'

/** Clients of the OSS ledger send amounts as numbers; their shortest decimal text is what was meant. */
const amountSchema = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^-?\d{1,18}(\.\d{1,4})?$/))

const currencySchema = z.string().refine(isCurrency, { error: 'must be an ISO 4217 code' })

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/)

/** Bodies of the admin API, as central-ledger takes them. */
export const adminBodies = {
  participant: z.object({ name, currency: currencySchema }),
  active: z.object({ isActive: z.union([z.boolean(), z.literal([0, 1])]).transform(Boolean) }),
  endpoint: z.object({ type: z.string().min(1).max(128), value: z.string().min(1).max(512) }),
  account: z.object({
    currency: currencySchema,
    type: z.string().transform((type, context) => {
      const known = accountTypeOf(type)
      if (!known) context.addIssue('must be a type of account')
      return known ?? 'POSITION'
    }),
  }),
  funds: z.object({
    transferId: z.string().min(1).max(64),
    externalReference: z.string().optional(),
    action: z.enum(['recordFundsIn', 'recordFundsOutPrepareReserve']),
    reason: z.string().default(''),
    amount: z.object({ amount: amountSchema, currency: currencySchema }),
  }),
  fundsEnd: z.object({
    action: z.enum(['recordFundsOutCommit', 'recordFundsOutAbort']),
    reason: z.string().default(''),
  }),
  limits: z.object({
    currency: currencySchema,
    limit: z.object({ type: z.literal('NET_DEBIT_CAP'), value: amountSchema }),
    initialPosition: amountSchema.default('0'),
  }),
  limit: z.object({
    currency: currencySchema,
    limit: z.object({
      type: z.literal('NET_DEBIT_CAP'),
      value: amountSchema,
      alarmPercentage: z.int().min(0).max(100).default(10),
    }),
  }),
  key: z.object({ publicKey: z.string().min(1).max(16_384) }),
  oracle: z.object({
    oracleIdType: z.string().regex(/^[A-Z_]{1,30}$/),
    endpoint: z.object({ value: z.string().min(1), endpointType: z.literal('URL').optional() }),
    currency: currencySchema.optional(),
    isDefault: z.boolean().default(true),
  }),
  party: z.object({ fspId: name, currency: currencySchema.optional() }),
  closeWindow: z.object({ state: z.literal('CLOSED'), reason: z.string().min(1).max(512) }),
  settlement: z.object({
    reason: z.string().min(1).max(512),
    settlementModel: z.string(),
    settlementWindows: z.array(z.object({ id: z.int() })).min(1),
  }),
  settlementEnd: z.object({ state: z.literal('ABORTED'), reason: z.string().min(1) }),
  step: z.object({
    state: z.enum([
      'PENDING_SETTLEMENT',
      'PS_TRANSFERS_RECORDED',
      'PS_TRANSFERS_RESERVED',
      'PS_TRANSFERS_COMMITTED',
      'SETTLED',
    ]),
    reason: z.string().default(''),
    externalReference: z.string().optional(),
  }),
} as const
