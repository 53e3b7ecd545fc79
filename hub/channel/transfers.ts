import { z } from 'zod'
import type { Clock } from '../clock.ts'
import { formatAmount } from '../domain/money.ts'
import { transferLine } from '../domain/transfer.ts'
import type { TransferRecord } from '../domain/transfer-record.ts'
import type { HttpResponse } from '../http.ts'
import type { Log } from '../log.ts'
import { jsonResponse } from '../router.ts'
import type { Store, Tx } from '../store/store.ts'
import { tenantHeader, type Callers } from './caller.ts'
import type { ChannelConfig } from './config.ts'
import { answerOnce, firstResponse, type FirstAnswer } from './idempotency.ts'
import { tenantRoute, type ApiRoute } from './api.ts'
import { reject, type Rejection } from './problem.ts'
import { correlationIdSchema, readHeaders } from './request.ts'
import {
  readTransferRequest,
  transferRequestSchema,
  type TransferRequest,
} from './transfer-request.ts'
import { transferView, transferViewSchema } from './transfer-view.ts'

/** What the channel works with. */
export type ChannelPorts = {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly callers: Callers
}

const acceptedSchema = z
  .object({ transactionId: z.uuid() })
  .meta({ id: 'Accepted', description: 'Ask with this id what became of it.' })

/** Of a question that needs nothing but the FSP. */
export const tenantHeaders = z.object({ [tenantHeader]: z.string() })

/** `POST /channel/transfer`: takes an order, once per X-CorrelationID, and answers the id under which it can be asked for. */
export function postTransfer(config: ChannelConfig, ports: ChannelPorts): ApiRoute {
  return {
    method: 'POST',
    path: '/channel/transfer',
    doc: {
      summary: 'Send money',
      headers: transferRequestSchema.shape.headers,
      body: transferRequestSchema.shape.body,
      answer: acceptedSchema,
      problems: [400, 401, 403, 404, 409, 415, 422],
      callback: { header: 'X-CallbackURL', schema: 'Transfer' },
    },
    run: tenantRoute(
      ports,
      ({ request }) => readTransferRequest(request, config),
      async ({ fspId, asked }) => {
        const answer = await answerOnce(ports.store, keyed(fspId, asked), (tx) =>
          receiveOrder(tx, recordOf(fspId, asked, ports.clock)),
        )
        const outcome = answer ? 'received' : 'refused'
        ports.log.info({ fspId, step: 'receive-order', outcome }, 'order received')
        return answer ? firstResponse(answer) : reusedKey
      },
    ),
  }
}

const transferParams = z.object({ transactionId: z.uuid() })

/** `GET /channel/transfer/{transactionId}`: what became of an order, from the store and nothing else. */
export function getTransfer(ports: ChannelPorts): ApiRoute {
  return {
    method: 'GET',
    path: '/channel/transfer/:transactionId',
    doc: {
      summary: 'Ask what became of a transfer',
      headers: tenantHeaders,
      params: transferParams,
      answer: transferViewSchema,
      problems: [400, 401, 403, 404],
    },
    run: tenantRoute(
      ports,
      ({ params }) => readId(params['transactionId']) ?? unknownTransfer,
      ({ fspId, asked }) =>
        answerView(ports.store, (tx) =>
          tx.transfers.find({ fspId, role: 'payer', transferId: asked.id }),
        ),
    ),
  }
}

const stateHeaders = tenantHeaders.extend({
  requestType: z.enum(['transfers', 'transactionRequests']).optional(),
})

/** `GET /channel/txnState/{X-CorrelationID}`: the same, by the client's own id. */
export function getTransactionState(ports: ChannelPorts): ApiRoute {
  return {
    method: 'GET',
    path: '/channel/txnState/:correlationId',
    doc: {
      summary: 'Ask what became of a transfer, by its X-CorrelationID',
      headers: stateHeaders,
      params: z.object({ correlationId: correlationIdSchema }),
      answer: transferViewSchema,
      problems: [400, 401, 403, 404],
    },
    run: tenantRoute(
      ports,
      ({ request }) => readHeaders(stateHeaders, request),
      async ({ fspId, asked, routed }) => {
        if (asked.requestType === 'transactionRequests') return unknownTransfer
        const id = routed.params['correlationId'] ?? ''
        return answerView(ports.store, async (tx) => {
          const found = await tx.transfers.findByCorrelation(fspId, id)
          return found?.key.role === 'payer' ? found : undefined
        })
      },
    ),
  }
}

/** The answer to a key that was used for something else. */
export const reusedKey: Rejection = reject(
  'TransactionExists',
  'was used for a request with other parameters',
  'X-CorrelationID',
)

/** Reads an id of this hub from a path, in any case; undefined for what is no UUID. */
export function readId(word: string | undefined): { readonly id: string } | undefined {
  const id = (word ?? '').toLowerCase()
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? { id } : undefined
}

/** The answer to an id that names no transfer, or another FSP's. */
export const unknownTransfer = reject(
  'TransactionIdNotFound',
  'no transfer of this FSP has this id',
)

function keyed(tenant: string, { correlationId, parameters }: TransferRequest) {
  return { scope: { tenant, route: 'POST /channel/transfer', key: correlationId }, parameters }
}

function recordOf(fspId: string, asked: TransferRequest, clock: Clock): TransferRecord {
  const at = clock.now()
  return {
    key: { fspId, role: 'payer', transferId: clock.uuid() },
    state: 'received',
    correlationId: asked.correlationId,
    order: asked.order,
    facts: {},
    wait: 0,
    createdAt: at,
    updatedAt: at,
  }
}

/** The order, its first line in the timeline, and the message that starts its workflow. */
async function receiveOrder(tx: Tx, record: TransferRecord): Promise<FirstAnswer> {
  const { key, order, createdAt } = record
  const { fspId, transferId } = key
  await tx.transfers.insert(record)
  await tx.transfers.appendTimeline(key, {
    at: createdAt,
    step: 'receive-order',
    party: 'client',
    direction: 'in',
    outcome: 'done',
    detail: `${order.amountType} ${formatAmount(order.amount)} ${order.amount.currency}`,
  })
  await tx.outbox.add({
    kind: 'message',
    message: {
      name: 'transfer-requested',
      correlationKey: transferId,
      messageId: transferId,
      variables: { fspId, transferId },
      ttlMs: messageTtlMs,
    },
    line: transferLine(key),
    dueAt: createdAt,
  })
  return { status: 200, body: JSON.stringify({ transactionId: transferId }) }
}

/** How long a message waits for a workflow that is not there yet. */
export const messageTtlMs = 3_600_000

async function answerView(
  store: Store,
  find: (tx: Tx) => Promise<TransferRecord | undefined>,
): Promise<HttpResponse | Rejection> {
  const view = await store.step(async (tx) => {
    const record = await find(tx)
    return record && transferView(record, await tx.transfers.timeline(record.key))
  })
  return view ? jsonResponse(200, view) : unknownTransfer
}
