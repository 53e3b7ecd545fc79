import { Unavailable } from '../connector.ts'
import { moveAtCore, type CoreMove } from './core-move.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { TransferRecord } from '../domain/transfer-record.ts'
import { advance, loadLeg, openAttempt } from './leg.ts'
import type { Attempt, Tx } from '../store/store.ts'
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
  if (leg.state !== 'commit-decided' && leg.state !== 'booking-owed')
    throw new Error(`a leg that is ${leg.state} was to be booked; nothing was done`)
  const answer = await moveAtCore(ports, leg, move)
  if (answer !== 'done') return owe(ports, leg, { move, refusal: answer.refusal })
  await leaveSuspense(ports, leg, move)
  await ports.store.step(async (tx) => {
    const record = await loadLeg(tx, leg.key)
    const at = ports.clock.now()
    const { next, record: booked } = await advance(tx, record, {
      at,
      event: 'booked',
      facts: { inSuspense: false },
      entry: {
        step: 'transfer-committed',
        party: leg.key.fspId,
        direction: 'none',
        outcome: 'done',
        detail: 'booked',
      },
    })
    await tx.problems.close(leg.key, 'booking-owed', at)
    if (next === 'moved' && record.state === 'commit-decided') await ports.tellClient(tx, booked)
  })
  return 'booked'
}

type Owed = { readonly move: CoreMove; readonly refusal: Refusal }

async function owe(ports: WorkflowPorts, leg: TransferRecord, owed: Owed): Promise<Booked> {
  const asksForSuspense = leg.facts.decision === 'suspense' && leg.facts.inSuspense !== true
  if (asksForSuspense && (await isSettled(ports, leg, owed.move)))
    await moveSuspense(ports, leg, { move: owed.move, direction: 'suspend' })
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
  const detail = wordsOf(owed.refusal)
  const { next, record } = await advance(tx, before, {
    at,
    event: 'booking-refused',
    opensWait: true,
    entry: {
      step: 'booking-owed',
      party: leg.key.fspId,
      direction: 'none',
      outcome: 'waiting',
      detail,
    },
  })
  if (next === 'moved') await tellClient(tx, record)
  if (record.state === 'booking-owed')
    await tx.problems.open({ key: leg.key, kind: 'booking-owed', detail, openedAt: at })
  return record
}

/** Reverses what was put into suspense, or may have been: that is known once it is repeated under its own key. */
async function leaveSuspense(
  ports: WorkflowPorts,
  leg: TransferRecord,
  move: CoreMove,
): Promise<void> {
  if (leg.facts.decision !== 'suspense') return
  const suspended = await ports.store.step((tx) => tx.attempts.latest(leg.key, 'suspend'))
  if (suspended === undefined || suspended.outcome === 'refused') return
  if ((await moveSuspense(ports, leg, { move, direction: 'suspend' })) !== 'done') return
  const left = await moveSuspense(ports, leg, { move, direction: 'unsuspend' })
  if (left !== 'done') throw new Unavailable(`the core refused to unsuspend: ${left.description}`)
}

type SuspenseMove = { readonly move: CoreMove; readonly direction: 'suspend' | 'unsuspend' }

/**
 * Books into suspense, or out of it, under an attempt like every move of money. It cannot be asked about: a repeat under the
 * same key is what tells, and a no to it is one to all copies of it.
 */
async function moveSuspense(
  ports: WorkflowPorts,
  leg: TransferRecord,
  suspense: SuspenseMove,
): Promise<'done' | Refusal> {
  const { store, clock } = ports
  const { move, direction } = suspense
  const attempt = await store.step((tx) =>
    openAttempt(tx, leg.key, { step: direction, at: clock.now() }),
  )
  if (attempt.outcome === 'done') return 'done'
  const { accountId, amount, fee, role } = move
  const { transferId } = leg.key
  const ledger = ports.ledgerOf(leg.key.fspId)
  const order = { transferId, accountId, amount, fee, idempotencyKey: attempt.upstreamKey }
  const answer = await ledger[direction](order, role)
  await store.step((tx) => noteSuspense(tx, { key: leg.key, attempt, answer, at: clock.now() }))
  return answer
}

type SuspenseAnswer = {
  readonly key: TransferRecord['key']
  readonly attempt: Attempt
  readonly answer: 'done' | Refusal
  readonly at: number
}

async function noteSuspense(tx: Tx, { key, attempt, answer, at }: SuspenseAnswer): Promise<void> {
  const outcome = answer === 'done' ? 'done' : 'refused'
  const { step } = attempt
  await tx.attempts.save({ ...attempt, outcome })
  await advance(tx, await loadLeg(tx, key), {
    at,
    ...(answer === 'done' ? { facts: { inSuspense: step === 'suspend' } } : {}),
    entry: {
      step,
      party: key.fspId,
      direction: 'out',
      outcome,
      detail: answer === 'done' ? '' : wordsOf(answer),
    },
  })
}

function wordsOf({ errorCode, reason, description }: Refusal): string {
  return `${errorCode} ${reason}: ${description}`
}
