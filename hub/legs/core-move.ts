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
import { loadLeg, openAttempt } from './leg.ts'
import type { Attempt, Tx } from '../store/store.ts'
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
 * repeat asks what became of it first, and keeps its key until the core's longest request time has passed without a trace:
 * a core may keep a failure under its key for ever. Throws `Unavailable` or `OutcomeUnknown` to be called again.
 */
export async function moveAtCore(
  ports: WorkflowPorts,
  record: TransferRecord,
  move: CoreMove,
): Promise<CoreAnswer> {
  const { store, clock } = ports
  const { attempt, before } = await store.step(async (tx) => {
    await expectUnmoved(tx, record)
    return {
      before: await tx.attempts.latest(record.key, move.step),
      attempt: await openAttempt(tx, record.key, { step: move.step, at: clock.now() }),
    }
  })
  if (attempt.outcome === 'done') return 'done'
  const trying = { ports, record, attempt, before, move, ledger: ports.ledgerOf(record.key.fspId) }
  if (attempt.tries > 1) {
    if ((await findOutcome(trying)) === move.reached) return foundDone(trying)
    if (isOver(trying)) {
      await note(trying, { outcome: 'refused', detail: noTrace, change: settled('not-happened') })
      return moveAtCore(ports, record, move)
    }
  }
  const answer = await call(trying)
  if (isRefusal(answer)) return refused(trying, answer)
  await note(trying, { outcome: 'done', detail: sumWords(move), change: settled('done') })
  return 'done'
}

/** A move is right in one state only: no attempt is opened once another run of the job has decided something else. */
async function expectUnmoved(tx: Tx, { key, state }: TransferRecord): Promise<void> {
  const leg = await loadLeg(tx, key)
  if (leg.state !== state) throw new Unavailable(`the leg has become ${leg.state} meanwhile`)
}

/** What the core moves in all, in words. */
function sumWords({ amount, fee }: CoreMove): string {
  const words = `${formatAmount(amount)} ${amount.currency}`
  return fee.minorUnits > 0n ? `${words}, and a fee of ${formatAmount(fee)}` : words
}

const noTrace = 'the core shows nothing of it, and no earlier request can still arrive'

/** One try of an attempt; `before` is the attempt as the try found it. */
type Trying = {
  readonly ports: WorkflowPorts
  readonly record: TransferRecord
  readonly attempt: Attempt
  readonly before: Attempt | undefined
  readonly move: CoreMove
  readonly ledger: LedgerConnector
}

/** What the core shows, before this try has left: when it cannot be read, the try has not been one. */
async function findOutcome(trying: Trying): Promise<LedgerOutcome> {
  try {
    return await readOutcome(trying)
  } catch (failure) {
    if (failure instanceof Unavailable)
      await note(trying, {
        outcome: 'unavailable',
        detail: failure.message,
        change: unsent(trying),
      })
    throw failure
  }
}

function readOutcome({ record, move, ledger }: Trying): Promise<LedgerOutcome> {
  const { accountId, amount, fee, role } = move
  return ledger.outcome({ transferId: record.key.transferId, accountId, amount, fee }, role)
}

async function foundDone(trying: Trying): Promise<'done'> {
  const detail = 'found done when asked'
  await note(trying, { outcome: 'done', detail, change: settled('done') })
  return 'done'
}

/** Whether no copy that was sent before this try can still arrive. */
function isOver({ ports, before }: Trying): boolean {
  return ports.clock.now() > (before?.sentAt ?? 0) + ports.times.coreLongestMs
}

async function call(trying: Trying): Promise<'done' | Refusal> {
  const { record, attempt, move, ledger } = trying
  const { accountId, amount, fee } = move
  const { transferId } = record.key
  const idempotencyKey = attempt.upstreamKey
  try {
    return await move.call(ledger, { transferId, accountId, amount, fee, idempotencyKey })
  } catch (failure) {
    if (failure instanceof Unavailable) {
      const change = unsent(trying)
      await note(trying, { outcome: 'unavailable', detail: failure.message, change })
    } else if (failure instanceof OutcomeUnknown) {
      await note(trying, { outcome: 'unknown', detail: failure.message, change: (row) => row })
    }
    throw failure
  }
}

async function refused(trying: Trying, refusal: Refusal): Promise<CoreAnswer> {
  const detail = `${refusal.errorCode} ${refusal.reason}: ${refusal.description}`
  if (trying.attempt.tries === 1) {
    const row = await note(trying, { outcome: 'refused', detail, change: refusedOnce })
    if (row?.outcome === 'done') return 'done'
    return { refusal, certain: row?.outcome === 'refused' }
  }
  if ((await readOutcome(trying)) === trying.move.reached) return foundDone(trying)
  const certain = isOver(trying)
  // This try was answered; only the one before it may still arrive.
  const change = certain ? settled('not-happened') : unsent(trying)
  await note(trying, { outcome: 'refused', detail, change })
  return { refusal, certain }
}

/** What a try makes of the attempt as it stands: another run of the same job may have sent it meanwhile. */
type ChangeOfAttempt = (row: Attempt) => Attempt

function settled(outcome: 'done' | 'not-happened'): ChangeOfAttempt {
  return (row) => ({ ...row, outcome })
}

/** A no to the only try there was; a no to one of several settles nothing. */
function refusedOnce(row: Attempt): Attempt {
  return row.outcome === 'open' && row.tries === 1 ? { ...row, outcome: 'refused' } : row
}

/** The attempt as it was before a try that surely did not leave. */
function unsent({ attempt, before }: Trying): ChangeOfAttempt {
  const sentBefore = before?.attempt === attempt.attempt ? before.sentAt : undefined
  return ({ sentAt, ...row }) => {
    const sentLast = row.tries === attempt.tries ? sentBefore : sentAt
    const tries = row.tries - 1
    return { ...row, tries, ...(sentLast === undefined ? {} : { sentAt: sentLast }) }
  }
}

type Noted = {
  readonly outcome: TimelineOutcome
  readonly detail: string
  readonly change: ChangeOfAttempt
}

/** Writes down what became of a try; returns the attempt as it is then. */
async function note(
  { ports, record, attempt, move }: Trying,
  { outcome, detail, change }: Noted,
): Promise<Attempt | undefined> {
  return ports.store.step(async (tx) => {
    const latest = await tx.attempts.latest(record.key, move.step)
    const row = latest?.attempt === attempt.attempt ? change(latest) : latest
    if (row) await tx.attempts.save(row)
    await tx.transfers.appendTimeline(record.key, {
      at: ports.clock.now(),
      step: move.step,
      party: record.key.fspId,
      direction: 'out',
      outcome,
      detail,
    })
    return row
  })
}
