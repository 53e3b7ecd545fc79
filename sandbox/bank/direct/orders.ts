import { z } from 'zod'
import type { HttpResponse } from '../../http.ts'
import { decimalsOf, isCurrency } from '../../money.ts'
import { json, problem, readJson, type RoutedRequest, type RouteLine } from '../../router.ts'
import { contentHash, dateTimeOf, moneyOf, partyPath, wireMoneyOf } from '../fspiop/wire.ts'
import type { DirectParts } from './parts.ts'
import type { Payer } from './payer.ts'
import type { Order, Payment, PaymentState } from './payments.ts'

/** Where a bank on its own feet takes its customers' orders: the channel's body and answers (ARCHITECTURE.md §7). */
export function orderLines(
  parts: Pick<DirectParts, 'payments' | 'config'>,
  payer: Payer,
): readonly RouteLine[] {
  return [
    { method: 'POST', path: '/lab/transfers', route: (routed) => takeOrder(parts, payer, routed) },
    {
      method: 'GET',
      path: '/lab/transfers/:transferId',
      route: ({ params }) => {
        const payment = parts.payments.find(params['transferId'] ?? '')
        if (!payment) return problem(404, 'no transfer of this bank has this id')
        return json(200, paymentView(payment, parts.config.fspId))
      },
    },
  ]
}

const partySchema = z.object({
  partyIdInfo: z.object({
    partyIdType: z.enum([
      'MSISDN',
      'EMAIL',
      'PERSONAL_ID',
      'BUSINESS',
      'DEVICE',
      'ACCOUNT_ID',
      'IBAN',
      'ALIAS',
    ]),
    partyIdentifier: z.string().regex(/^\S{1,128}$/),
    partySubIdOrType: z.string().min(1).max(128).nullish(),
  }),
})

const bodySchema = z.object({
  clientRefId: z.string().max(128).nullish(),
  payer: partySchema,
  payee: partySchema,
  amountType: z.enum(['SEND', 'RECEIVE']).nullish(),
  amount: z.object({
    amount: z
      .string()
      .regex(/^(0|[1-9]\d{0,17})(\.\d{1,18})?$/, {
        error: 'must be a decimal string, not negative',
      })
      .refine((text) => /[1-9]/.test(text), { error: 'must be more than zero' }),
    currency: z.string().refine(isCurrency, { error: 'must be a currency of the lab' }),
  }),
  transactionType: z
    .object({
      scenario: z.enum(['DEPOSIT', 'WITHDRAWAL', 'TRANSFER', 'PAYMENT', 'REFUND']).nullish(),
      initiator: z.enum(['PAYER', 'PAYEE']).nullish(),
      initiatorType: z.enum(['CONSUMER', 'AGENT', 'BUSINESS', 'DEVICE']).nullish(),
    })
    .nullish(),
  note: z.string().max(128).nullish(),
})

type Body = z.infer<typeof bodySchema>

/** Takes an order once per X-CorrelationID: the same again gets the first answer, another one 409. */
function takeOrder(
  { payments }: Pick<DirectParts, 'payments'>,
  payer: Payer,
  { request }: RoutedRequest,
): HttpResponse {
  const content = readJson(request)
  const parsed = bodySchema.safeParse(content)
  if (!parsed.success) return problem(400, wordsOf(parsed.error))
  const { amount } = parsed.data
  const money = moneyOf(amount)
  if (!money) {
    return problem(422, `${amount.currency} has ${decimalsOf(amount.currency)} decimals`)
  }
  const order = orderOf(parsed.data, wireMoneyOf(money))
  if (partyPath(order.payer) === partyPath(order.payee)) {
    return problem(400, 'payee.partyIdInfo: is the payer')
  }
  const id = request.headers['x-correlationid']
  const hash = contentHash(content)
  const known = id === undefined ? undefined : payments.findByCorrelation(id)
  if (known && known.hash !== hash) {
    return problem(409, 'the same X-CorrelationID was used for another order')
  }
  const correlation = id === undefined ? undefined : { id, hash }
  const transferId = known?.transferId ?? payer.begin(order, correlation)
  return json(200, { transferId, transactionId: transferId })
}

function orderOf(body: Body, amount: Order['amount']): Order {
  const { clientRefId, transactionType, note } = body
  return {
    ...(clientRefId ? { clientRefId } : {}),
    payer: partyIdOf(body.payer),
    payee: partyIdOf(body.payee),
    amountType: body.amountType ?? 'SEND',
    amount,
    transactionType: {
      scenario: transactionType?.scenario ?? 'TRANSFER',
      initiator: transactionType?.initiator ?? 'PAYER',
      initiatorType: transactionType?.initiatorType ?? 'CONSUMER',
    },
    ...(note ? { note } : {}),
  }
}

/** With or without the "+" that E.164 allows, an MSISDN is the same. */
function partyIdOf({ partyIdInfo }: Body['payer']): Order['payer'] {
  const { partyIdType: type, partyIdentifier, partySubIdOrType: subId } = partyIdInfo
  const id = type === 'MSISDN' ? partyIdentifier.replace(/^\+/, '') : partyIdentifier
  return { type, id, ...(subId ? { subId } : {}) }
}

function wordsOf(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
}

const transferStates: Readonly<Record<PaymentState, string>> = {
  looking: 'RECEIVED',
  quoting: 'RECEIVED',
  reserved: 'RESERVED',
  'release-decided': 'RESERVED',
  'commit-decided': 'COMMITTED',
  committed: 'COMMITTED',
  aborted: 'ABORTED',
}

/** A payment as the channel's GET would tell of it. */
function paymentView({ transferId, state, facts }: Payment, fspId: string): object {
  const { order, completedAt, payeeFsp, prepare, why } = facts
  return {
    clientRefId: order.clientRefId,
    transactionId: transferId,
    transferId,
    transferState: transferStates[state],
    completedTimestamp: completedAt === undefined ? undefined : dateTimeOf(completedAt),
    ...order.amount,
    payerFsp: fspId,
    payeeFsp,
    payerFspFee: prepare?.fee,
    ...(why && {
      reason: why.reason,
      errorInformation: { errorCode: why.errorCode, errorDescription: why.errorDescription },
    }),
    timeline: facts.timeline.map(({ at, ...line }) => ({
      at: dateTimeOf(at),
      party: fspId,
      direction: 'none',
      ...line,
    })),
  }
}
