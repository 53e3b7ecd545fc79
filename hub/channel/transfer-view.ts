import { z } from 'zod'
import { wireMoney, type Money, type WireMoney } from '../domain/money.ts'
import { fspiopState, transferLine } from '../domain/transfer.ts'
import type { TimelineEntry, TransferRecord } from '../domain/transfer-record.ts'
import type { Tx } from '../store/store.ts'

const wireMoneySchema = z
  .object({ amount: z.string(), currency: z.string() })
  .meta({ id: 'Money', example: { amount: '10.5', currency: 'KES' } })

/** One line of a transfer's timeline as a client reads it. */
export const timelineEntryView = z
  .object({
    at: z.iso.datetime(),
    step: z.string(),
    party: z.string().meta({ description: 'An FSP, "switch", "client" or "operator".' }),
    direction: z.enum(['in', 'out', 'none']),
    outcome: z.string(),
    detail: z.string(),
  })
  .meta({ id: 'TimelineEntry' })

/** A transfer as its client sees it; times are ISO 8601 in UTC. An aborted one says why. */
export const transferViewSchema = z
  .object({
    clientRefId: z.string().optional(),
    transactionId: z.uuid(),
    transferId: z.uuid(),
    transferState: z.enum(['RECEIVED', 'RESERVED', 'COMMITTED', 'ABORTED']),
    completedTimestamp: z.iso.datetime().optional(),
    amount: z.string(),
    currency: z.string(),
    payerFsp: z.string().optional(),
    payeeFsp: z.string().optional(),
    transferAmount: wireMoneySchema
      .optional()
      .meta({ description: 'What the two FSPs agreed to move.' }),
    payeeReceiveAmount: wireMoneySchema.optional(),
    payerFspFee: wireMoneySchema.optional(),
    payeeFspFee: wireMoneySchema.optional(),
    errorInformation: z
      .object({ errorCode: z.string(), errorDescription: z.string() })
      .optional()
      .meta({ description: 'With the FSPIOP error code; only of an aborted transfer.' }),
    reason: z.string().optional().meta({ description: 'A stable word, for programs.' }),
    timeline: z.array(timelineEntryView).meta({ description: 'Oldest first.' }),
  })
  .meta({ id: 'Transfer' })

/** What `transferViewSchema` describes. */
export type TransferView = z.infer<typeof transferViewSchema>

/**
 * Tells of a leg what a client may know, from its record and nothing else (law 2 of ARCHITECTURE.md): the answer to
 * `GET /channel/transfer/{id}` and the body of the client's callback.
 */
export function transferView(
  record: TransferRecord,
  timeline: readonly TimelineEntry[],
): TransferView {
  const { key, order, facts } = record
  return {
    clientRefId: order.clientRefId,
    transactionId: key.transferId,
    transferId: key.transferId,
    transferState: fspiopState(record.state),
    completedTimestamp: record.completedAt === undefined ? undefined : isoTime(record.completedAt),
    ...wireMoney(order.amount),
    ...fspsOf(record),
    transferAmount: wireIfAny(facts.terms?.transferAmount),
    payeeReceiveAmount: wireIfAny(facts.terms?.payeeReceiveAmount),
    payerFspFee: key.role === 'payer' ? wireIfAny(facts.fee) : undefined,
    payeeFspFee: wireIfAny(facts.terms?.payeeFspFee),
    ...whyAborted(record),
    timeline: timeline.map((entry) => ({ ...entry, at: isoTime(entry.at) })),
  }
}

/**
 * Queues the client's callback, if one was asked for, in the transaction that made the transfer final; so it leaves at
 * least once, survives a restart, and never tells two outcomes.
 */
export async function addClientCallback(tx: Tx, record: TransferRecord): Promise<void> {
  const url = record.order.callbackUrl
  if (url === undefined) return
  const timeline = await tx.transfers.timeline(record.key)
  await tx.outbox.add({
    kind: 'client-callback',
    fspId: record.key.fspId,
    url,
    body: JSON.stringify(transferView(record, timeline)),
    line: transferLine(record.key),
    dueAt: record.updatedAt,
  })
}

/** The two FSPs of a leg, as far as they are known. */
export function fspsOf({ key, facts }: TransferRecord): {
  readonly payerFsp?: string | undefined
  readonly payeeFsp?: string | undefined
} {
  const otherFsp = facts.otherFspId
  if (key.role === 'payee') return { payerFsp: otherFsp, payeeFsp: key.fspId }
  return { payerFsp: key.fspId, payeeFsp: otherFsp ?? facts.payee?.fspId }
}

/** Why a leg was aborted; nothing of a leg that was not. */
export function whyAborted({
  state,
  facts,
}: TransferRecord): Pick<TransferView, 'errorInformation' | 'reason'> {
  if (state !== 'aborted' || facts.refusal === undefined) return {}
  const { errorCode, description, reason } = facts.refusal
  return { errorInformation: { errorCode, errorDescription: description }, reason }
}

/** A time in ms since 1970 as ISO 8601 in UTC, with milliseconds. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}

function wireIfAny(money: Money | undefined): WireMoney | undefined {
  return money && wireMoney(money)
}
