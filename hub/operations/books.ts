import { z } from 'zod'
import { answering, type ApiRoute } from '../channel/api.ts'
import type { Callers } from '../channel/caller.ts'
import { isRejection, type Rejection } from '../channel/problem.ts'
import { whyAborted } from '../channel/transfer-view.ts'
import { tenantHeaders } from '../channel/transfers.ts'
import { formatAmount } from '../domain/money.ts'
import { fspiopState } from '../domain/transfer.ts'
import type { TransferRecord } from '../domain/transfer-record.ts'
import type { HttpResponse } from '../http.ts'
import type { Log } from '../log.ts'
import { jsonResponse } from '../router.ts'
import type { Store } from '../store/store.ts'
import { legViewSchema, legsOf } from './legs.ts'

type BooksPorts = { readonly store: Store; readonly callers: Callers; readonly log: Log }

const legSchema = z
  .object({
    transferId: z.string(),
    role: z.enum(['payer', 'payee']),
    state: z.string(),
    fspiopState: z.string(),
    amount: z.string(),
    currency: z.string(),
    fee: z.string(),
    payer: legViewSchema.shape.payer,
    payee: legViewSchema.shape.payee,
    otherFspId: z.string().optional(),
    reason: z.string().optional(),
    inSuspense: z.boolean().optional(),
  })
  .meta({ id: 'BookedLeg' })

const currencySchema = z.object({ currency: z.string(), legs: z.array(legSchema) })

const booksSchema = z.object({
  fsps: z.array(z.object({ fspId: z.string(), currencies: z.array(currencySchema) })),
})

type BookedLeg = z.infer<typeof legSchema>
type CurrencyBooks = z.infer<typeof currencySchema>

/** `GET /lab/books`: every leg of every FSP by currency, the hub's side of the sums (law 8 of ARCHITECTURE.md). */
export function getBooks(ports: BooksPorts): ApiRoute {
  return {
    method: 'GET',
    path: '/lab/books',
    doc: {
      summary: "The hub's side of the lab's books",
      headers: tenantHeaders.partial(),
      answer: booksSchema,
      problems: [401, 403, 404],
    },
    run: answering(ports.log, ({ request }) => books(ports, ports.callers.operatorOf(request))),
  }
}

async function books(
  { store }: BooksPorts,
  operator: ReturnType<Callers['operatorOf']>,
): Promise<HttpResponse | Rejection> {
  if (isRejection(operator)) return operator
  const fsps: z.infer<typeof booksSchema>['fsps'] = []
  for (const fspId of operator.fspIds) {
    fsps.push({ fspId, currencies: await legsByCurrency(store, fspId) })
  }
  return jsonResponse(200, { fsps })
}

async function legsByCurrency(store: Store, fspId: string): Promise<CurrencyBooks[]> {
  const byCurrency = new Map<string, BookedLeg[]>()
  for await (const record of legsOf(store, { fspId })) {
    const leg = bookedLeg(record)
    const legs = byCurrency.get(leg.currency)
    if (legs) legs.push(leg)
    else byCurrency.set(leg.currency, [leg])
  }
  return [...byCurrency].map(([currency, legs]) => ({ currency, legs }))
}

function bookedLeg(record: TransferRecord): BookedLeg {
  const { key, order, facts, state } = record
  return {
    transferId: key.transferId,
    role: key.role,
    state,
    fspiopState: fspiopState(state),
    amount: formatAmount(facts.terms?.transferAmount ?? order.amount),
    currency: order.amount.currency,
    fee: facts.fee ? formatAmount(facts.fee) : '0',
    payer: order.payer,
    payee: order.payee,
    reason: whyAborted(record).reason,
    otherFspId: facts.otherFspId,
    inSuspense: facts.inSuspense,
  }
}
