import {
  OutcomeUnknown,
  Unavailable,
  type LedgerConnector,
  type LedgerMove,
  type LedgerOutcome,
} from '../connector.ts'
import { formatAmount } from '../domain/money.ts'
import { isRefusal, type Refusal } from '../domain/refusal.ts'
import type { Role } from '../domain/transfer.ts'
import type { TimelineOutcome, TransferRecord } from '../domain/transfer-record.ts'
import { openAttempt } from './leg.ts'
import type { Attempt } from '../store/store.ts'
import type { WorkflowPorts } from '../workflow.ts'

/** A move of a leg at its core, and how to see afterwards that it happened. */
export type CoreMove = Omit<LedgerMove, 'idempotencyKey' | 'transferId'> & {
  /** The name of the attempt: what is repeated under one key. */
  readonly step: string
  readonly role: Role
  /** What the core says of the transfer id once the move is done. */
  readonly reached: LedgerOutcome
  readonly call: (ledger: LedgerConnector, move: LedgerMove) => Promise<'done' | Refusal>
}

/**
 * `certain` = the move is known not to have happened: this was the only time it was sent, or the core's longest request
 * time has passed since it last was. Otherwise an earlier copy may still arrive.
 */
export type CoreAnswer = 'done' | { readonly refusal: Refusal; readonly certain: boolean }

/**
 * Moves money at a core under a durable attempt (laws 5 and 6 of ARCHITECTURE.md): the attempt is stored before the call leaves; a
 * repeat asks what became of it first, and keeps its key. Throws `Unavailable` or `OutcomeUnknown` to be called again.
 */
export async function moveAtCore(
  ports: WorkflowPorts,
  record: TransferRecord,
  move: CoreMove,
): Promise<CoreAnswer> {
  const { store, clock } = ports
  const ledger = ports.ledgerOf(record.key.fspId)
  const { attempt, before } = await store.step(async (tx) => ({
    before: await tx.attempts.latest(record.key, move.step),
    attempt: await openAttempt(tx, record.key, { step: move.step, at: clock.now() }),
  }))
  if (attempt.outcome === 'done') return 'done'
  const asked = {
    transferId: record.key.transferId,
    accountId: move.accountId,
    amount: move.amount,
    fee: move.fee,
  }
  if (attempt.tries > 1 && (await ledger.outcome(asked, move.role)) === move.reached) {
    await settle(ports, record, { attempt, move, outcome: 'done', detail: 'found done when asked' })
    return 'done'
  }
  const answer = await call(ports, record, { attempt, before, move, ledger })
  if (!isRefusal(answer)) {
    await settle(ports, record, { attempt, move, outcome: 'done', detail: sumWords(move) })
    return 'done'
  }
  return refused(ports, record, { attempt, before, move, refusal: answer, asked, ledger })
}

/** What the core moves in all, in words. */
function sumWords({ amount, fee }: CoreMove): string {
  const words = `${formatAmount(amount)} ${amount.currency}`
  return fee.minorUnits > 0n ? `${words}, and a fee of ${formatAmount(fee)}` : words
}

type Calling = {
  readonly attempt: Attempt
  readonly before: Attempt | undefined
  readonly move: CoreMove
  readonly ledger: LedgerConnector
}

async function call(
  ports: WorkflowPorts,
  record: TransferRecord,
  calling: Calling,
): Promise<'done' | Refusal> {
  const { attempt, move, ledger } = calling
  const { accountId, amount, fee } = move
  const { transferId } = record.key
  try {
    return await move.call(ledger, {
      transferId,
      accountId,
      amount,
      fee,
      idempotencyKey: attempt.upstreamKey,
    })
  } catch (failure) {
    if (failure instanceof Unavailable) {
      await note(ports, record, {
        ...unsent(calling),
        move,
        outcome: 'unavailable',
        detail: failure.message,
      })
    } else if (failure instanceof OutcomeUnknown) {
      await note(ports, record, { attempt, move, outcome: 'unknown', detail: failure.message })
    }
    throw failure
  }
}

/** The attempt as it was before a try that surely did not leave. */
function unsent({ attempt, before }: Calling): { readonly attempt: Attempt } {
  const sentAt = before?.attempt === attempt.attempt ? before.sentAt : undefined
  const { sentAt: _, ...rest } = attempt
  return {
    attempt: { ...rest, tries: attempt.tries - 1, ...(sentAt === undefined ? {} : { sentAt }) },
  }
}

async function refused(
  ports: WorkflowPorts,
  record: TransferRecord,
  no: Calling & {
    readonly refusal: Refusal
    readonly asked: Parameters<LedgerConnector['outcome']>[0]
  },
): Promise<CoreAnswer> {
  const { attempt, before, move, refusal, ledger } = no
  const detail = `${refusal.errorCode} ${refusal.reason}: ${refusal.description}`
  if (attempt.tries === 1) {
    await settle(ports, record, { attempt, move, outcome: 'refused', detail })
    return { refusal, certain: true }
  }
  if ((await ledger.outcome(no.asked, move.role)) === move.reached) {
    await settle(ports, record, { attempt, move, outcome: 'done', detail: 'found done when asked' })
    return 'done'
  }
  const lastSentAt = before?.sentAt ?? 0
  if (ports.clock.now() > lastSentAt + ports.times.coreLongestMs) {
    await settle(ports, record, { attempt, move, outcome: 'not-happened', detail })
    return { refusal, certain: true }
  }
  // This try was answered; only the one before it may still arrive.
  await note(ports, record, { ...unsent(no), move, outcome: 'refused', detail })
  return { refusal, certain: false }
}

type Settled = { readonly attempt: Attempt; readonly move: CoreMove; readonly detail: string }

async function settle(
  ports: WorkflowPorts,
  record: TransferRecord,
  settled: Settled & { readonly outcome: 'done' | 'refused' | 'not-happened' },
): Promise<void> {
  const outcome = settled.outcome === 'done' ? 'done' : 'refused'
  await note(ports, record, {
    ...settled,
    attempt: { ...settled.attempt, outcome: settled.outcome },
    outcome,
  })
}

async function note(
  ports: WorkflowPorts,
  record: TransferRecord,
  noted: Settled & { readonly outcome: TimelineOutcome },
): Promise<void> {
  await ports.store.step(async (tx) => {
    await tx.attempts.save(noted.attempt)
    await tx.transfers.appendTimeline(record.key, {
      at: ports.clock.now(),
      step: noted.move.step,
      party: record.key.fspId,
      direction: 'out',
      outcome: noted.outcome,
      detail: noted.detail,
    })
  })
}
