import { z } from 'zod'
import { fspsOf, isoTime, timelineEntryView, whyAborted } from '../channel/transfer-view.ts'
import { wireMoney } from '../domain/money.ts'
import { fspiopState, type Role } from '../domain/transfer.ts'
import type { TimelineEntry, TransferRecord } from '../domain/transfer-record.ts'
import type { Store, Tx } from '../store/store.ts'

const money = z.object({ amount: z.string(), currency: z.string() })
const party = z.object({ type: z.string(), identifier: z.string(), subId: z.string().optional() })

/** One leg of a transfer, as a person at the hub sees it: also what no client is told. */
export const legViewSchema = z
  .object({
    fspId: z.string(),
    role: z.enum(['payer', 'payee']),
    transferId: z.string(),
    state: z.string(),
    transferState: z.string(),
    correlationId: z.string(),
    payer: party,
    payee: party,
    payerFsp: z.string().optional(),
    payeeFsp: z.string().optional(),
    ...money.shape,
    fee: money.optional(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    completedAt: z.iso.datetime().optional(),
    expiresAt: z.iso.datetime().optional(),
    decision: z.string().optional(),
    inSuspense: z.boolean().optional(),
    reason: z.string().optional(),
    errorInformation: z.object({ errorCode: z.string(), errorDescription: z.string() }).optional(),
  })
  .meta({ id: 'Leg' })

/** What `legViewSchema` describes. */
export type LegView = z.infer<typeof legViewSchema>

/** The same with its timeline, oldest first. */
export const legWithTimelineSchema = legViewSchema
  .extend({ timeline: z.array(timelineEntryView) })
  .meta({ id: 'LegWithTimeline' })

/** Tells all of a leg but its timeline and secrets (condition, fulfilment). */
export function legView(record: TransferRecord): LegView {
  const { key, order, facts } = record
  return {
    ...key,
    state: record.state,
    transferState: fspiopState(record.state),
    correlationId: record.correlationId,
    payer: order.payer,
    payee: order.payee,
    ...fspsOf(record),
    ...wireMoney(order.amount),
    fee: facts.fee && wireMoney(facts.fee),
    createdAt: isoTime(record.createdAt),
    updatedAt: isoTime(record.updatedAt),
    completedAt: timeIfAny(record.completedAt),
    expiresAt: timeIfAny(facts.expiresAt),
    decision: facts.decision,
    inSuspense: facts.inSuspense,
    ...whyAborted(record),
  }
}

/** A leg with its timeline. */
export function legWithTimeline(
  record: TransferRecord,
  timeline: readonly TimelineEntry[],
): z.infer<typeof legWithTimelineSchema> {
  return {
    ...legView(record),
    timeline: timeline.map((entry) => ({ ...entry, at: isoTime(entry.at) })),
  }
}

/** The legs of a transfer at the given FSPs, in the given roles; payer's first. */
export async function findLegs(
  tx: Tx,
  wanted: {
    readonly fspIds: readonly string[]
    readonly roles: readonly Role[]
    readonly transferId: string
  },
): Promise<readonly TransferRecord[]> {
  const legs: TransferRecord[] = []
  for (const role of wanted.roles) {
    for (const fspId of wanted.fspIds) {
      const leg = await tx.transfers.find({ fspId, role, transferId: wanted.transferId })
      if (leg) legs.push(leg)
    }
  }
  return legs
}

/**
 * Reads an FSP's legs newest first, a page per step, so that a long list holds up nobody. `before` (ms since 1970) leaves
 * out what was created then or later. Every leg comes once, however many share a millisecond.
 */
export async function* legsOf(
  store: Store,
  query: { readonly fspId: string; readonly before?: number },
): AsyncGenerator<TransferRecord> {
  let before = query.before
  let seen: ReadonlySet<string> = new Set()
  for (;;) {
    const page = await store.step((tx) =>
      tx.transfers.list({
        fspId: query.fspId,
        limit: pageSize,
        ...(before === undefined ? {} : { before }),
      }),
    )
    const fresh = page.filter((record) => !seen.has(placeOf(record)))
    yield* fresh
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) return
    if (fresh.length === 0) throw new Error('more legs in one millisecond than a page holds')
    // The page may have ended amid a millisecond, so that one is read again.
    before = last.createdAt + 1
    seen = new Set(page.filter((each) => each.createdAt === last.createdAt).map(placeOf))
  }
}

const pageSize = 1000

function placeOf({ key }: TransferRecord): string {
  return `${key.role}:${key.transferId}`
}

function timeIfAny(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : isoTime(ms)
}
