import { OutcomeUnknown } from '../connector.ts'
import { moveAtCore, type CoreMove } from './core-move.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { TransferRecord } from '../domain/transfer-record.ts'
import { advance, loadLeg } from './leg.ts'
import type { Tx } from '../store/store.ts'
import type { WorkflowPorts } from '../workflow.ts'

/** Owed: the wait is open for a person, and the core is tried again after `retryMs`. */
export type Booked = 'booked' | { readonly record: TransferRecord; readonly retryMs: number }

/**
 * Books a leg that the scheme has committed, and tries for as long as it takes: what the core refuses is *booking owed*,
 * counted in the books and shown to a person, who may put it into suspense; a booking that succeeds later reverses that.
 */
export async function book(
  ports: WorkflowPorts,
  leg: TransferRecord,
  move: CoreMove,
): Promise<Booked> {
  if (leg.state === 'committed') return 'booked'
  const answer = await moveAtCore(ports, leg, move)
  if (answer !== 'done') return owe(ports, leg, { move, refusal: answer.refusal })
  if (leg.facts.inSuspense === true)
    await moveSuspense(ports, leg, { move, direction: 'unsuspend' })
  await ports.store.step(async (tx) => {
    const record = await loadLeg(tx, leg.key)
    const at = ports.clock.now()
    const { next, record: booked } = await advance(tx, record, {
      at,
      event: 'booked',
      facts: { inSuspense: false },
    })
    await tx.problems.close(leg.key, 'booking-owed', at)
    if (next === 'moved' && record.state === 'commit-decided') await ports.tellClient(tx, booked)
  })
  return 'booked'
}

type Owed = { readonly move: CoreMove; readonly refusal: Refusal }

async function owe(ports: WorkflowPorts, leg: TransferRecord, owed: Owed): Promise<Booked> {
  const asksForSuspense = leg.facts.decision === 'suspense' && leg.facts.inSuspense !== true
  if (asksForSuspense && (await isSettled(ports, leg, owed.move))) {
    await moveSuspense(ports, leg, { move: owed.move, direction: 'suspend' })
  }
  const record = await ports.store.step((tx) => openBookingWait(ports, tx, { leg, owed }))
  return { record, retryMs: ports.times.bookingRetryMs }
}

/** Suspense only once no earlier request can still book: the core's longest request time after the last unanswered try. */
async function isSettled(
  { store, clock, times }: WorkflowPorts,
  leg: TransferRecord,
  move: CoreMove,
): Promise<boolean> {
  const attempt = await store.step((tx) => tx.attempts.latest(leg.key, move.step))
  if (attempt?.outcome === 'refused' || attempt?.outcome === 'not-happened') return true
  return clock.now() > (attempt?.sentAt ?? 0) + times.coreLongestMs
}

async function openBookingWait(
  { clock, tellClient }: WorkflowPorts,
  tx: Tx,
  { leg, owed }: { readonly leg: TransferRecord; readonly owed: Owed },
): Promise<TransferRecord> {
  const before = await loadLeg(tx, leg.key)
  const at = clock.now()
  const { next, record } = await advance(tx, before, {
    at,
    event: 'booking-refused',
    opensWait: true,
  })
  if (next === 'moved') await tellClient(tx, record)
  const detail = `${owed.refusal.errorCode} ${owed.refusal.reason}: ${owed.refusal.description}`
  await tx.problems.open({ key: leg.key, kind: 'booking-owed', detail, openedAt: at })
  return record
}

async function moveSuspense(
  ports: WorkflowPorts,
  leg: TransferRecord,
  { move, direction }: { readonly move: CoreMove; readonly direction: 'suspend' | 'unsuspend' },
): Promise<void> {
  const ledger = ports.ledgerOf(leg.key.fspId)
  const { accountId, amount, fee, role } = move
  const idempotencyKey = `${direction}:${leg.key.transferId}`
  const answer = await ledger[direction](
    { transferId: leg.key.transferId, accountId, amount, fee, idempotencyKey },
    role,
  )
  if (answer !== 'done')
    throw new OutcomeUnknown(`the core refused to ${direction}: ${answer.description}`)
  await ports.store.step(async (tx) => {
    const record = await loadLeg(tx, leg.key)
    await advance(tx, record, {
      at: ports.clock.now(),
      facts: { inSuspense: direction === 'suspend' },
      entry: {
        step: direction,
        party: leg.key.fspId,
        direction: 'out',
        outcome: 'done',
        detail: '',
      },
    })
  })
}
