import {
  OutcomeUnknown,
  Unavailable,
  type SwitchMessage,
  type TransferPrepare,
} from '../../hub/connector.ts'
import { isRefusal, refusal, type Refusal } from '../../hub/domain/refusal.ts'
import type { TransferRecord } from '../../hub/domain/transfer-record.ts'
import type { Variables } from '../../hub/engine/engine.ts'
import { advance, firstRefusal, loadLeg, openAttempt } from '../../hub/legs/leg.ts'
import type { Attempt, Tx } from '../../hub/store/store.ts'
import type { Step, WorkflowPorts } from '../../hub/workflow.ts'
import { amountOf, otherFspOf } from './quote.ts'
import { next, payerKey, wait } from './variables.ts'

/** The name of the attempt that carries POST /transfers. */
export const prepareStep = 'prepare-transfer'

/** How long the first answer may take before the switch is asked: long enough that a busy switch is not asked twice. */
const firstAnswerFactor = 4

/**
 * Sends POST /transfers, once composed and then always the same bytes; never after the expiration: what surely was not
 * sent by then is released (ARCHITECTURE.md §5).
 */
export function prepareTransfer(ports: WorkflowPorts): Step {
  const { store, switchOf, clock, times } = ports
  return async (variables) => {
    const key = payerKey(variables)
    const peer = switchOf(key.fspId)
    const leg = await store.step((tx) => loadLeg(tx, key))
    if (leg.state === 'release-decided' || leg.state === 'aborted') return next('release')
    // Committed already, which judge-transfer tells when the wait ends: nothing is left to be prepared.
    if (leg.state !== 'reserved' && leg.state !== 'unknown') return wait(leg, 0)
    const message = peer.composePrepare(prepareOf(leg))
    const firstAnswerMs = firstAnswerFactor * times.resolverFirstMs
    const opened = await store.step((tx) =>
      openPrepare(tx, leg, { at: clock.now(), message, firstAnswerMs }),
    )
    if (opened === 'too-late') return next('release')
    await deliverPrepare(ports, opened)
    return wait(opened.record, firstAnswerMs)
  }
}

type Opened = { readonly record: TransferRecord; readonly attempt: Attempt }

async function openPrepare(
  tx: Tx,
  { key }: TransferRecord,
  opening: { readonly at: number; readonly message: SwitchMessage; readonly firstAnswerMs: number },
): Promise<Opened | 'too-late'> {
  const { at, message, firstAnswerMs } = opening
  const record = await loadLeg(tx, key)
  const before = await tx.attempts.latest(key, prepareStep)
  const isUnsent = before === undefined || before.tries === 0
  if (at >= (record.facts.expiresAt ?? 0) && isUnsent) {
    await decideRelease(tx, record, {
      at,
      why: refusal('transfer-expired', 'expired before it could be sent'),
    })
    return 'too-late'
  }
  const attempt = await openAttempt(tx, key, { step: prepareStep, at, message })
  const { record: waiting } = await advance(tx, record, {
    at,
    opensWait: true,
    facts: { asked: 0, nextAskAt: at + firstAnswerMs },
    entry: {
      step: prepareStep,
      party: 'switch',
      direction: 'out',
      outcome: 'asked',
      detail: `to ${otherFspOf(record)}`,
    },
  })
  return { record: waiting, attempt }
}

/**
 * A failure is no news here: whether the switch has it or not, the wait is open and its timer asks. Only what surely did
 * not leave is tried again as if it never had been.
 */
async function deliverPrepare(
  { store, switchOf, clock }: WorkflowPorts,
  { record, attempt }: Opened,
): Promise<void> {
  if (!attempt.message || clock.now() >= (record.facts.expiresAt ?? 0)) return
  const peer = switchOf(record.key.fspId)
  const answer = await peer.deliver(attempt.message).catch(async (failure: unknown) => {
    if (failure instanceof OutcomeUnknown) return 'unknown'
    if (failure instanceof Unavailable)
      await store.step((tx) => tx.attempts.save({ ...attempt, tries: attempt.tries - 1 }))
    throw failure
  })
  if (isRefusal(answer))
    await store.step((tx) => noteHint(tx, record, { at: clock.now(), hint: answer }))
}

/** Keeps what an error said as the reason that will stand if the transfer turns out aborted. */
export async function noteHint(
  tx: Tx,
  { key }: TransferRecord,
  { at, hint }: { readonly at: number; readonly hint: Refusal },
): Promise<TransferRecord> {
  const record = await loadLeg(tx, key)
  const { record: noted } = await advance(tx, record, {
    at,
    facts: { refusal: firstRefusal(record, hint) },
    entry: {
      step: prepareStep,
      party: 'switch',
      direction: 'in',
      outcome: 'refused',
      detail: `${hint.errorCode} ${hint.reason}: ${hint.description}; asking`,
    },
  })
  return noted
}

/** Persists the decision to release, before anything is released (law 4 of ARCHITECTURE.md). */
export async function decideRelease(
  tx: Tx,
  record: TransferRecord,
  { at, why }: { readonly at: number; readonly why: Refusal },
): Promise<Variables> {
  const stands = firstRefusal(record, why)
  const { next: moved } = await advance(tx, record, {
    at,
    event: 'release-decided',
    facts: { refusal: stands },
    entry: {
      step: 'decide-release',
      party: record.key.fspId,
      direction: 'none',
      outcome: 'done',
      detail: `${stands.errorCode} ${stands.reason}`,
    },
  })
  return next(moved === 'illegal' ? 'commit' : 'release')
}

function prepareOf(record: TransferRecord): TransferPrepare {
  const { terms, expiresAt } = record.facts
  if (!terms || expiresAt === undefined)
    throw new Error('a transfer cannot be prepared before its terms are agreed')
  return {
    transferId: record.key.transferId,
    payerFspId: record.key.fspId,
    payeeFspId: otherFspOf(record),
    amount: amountOf(record),
    ilpPacket: terms.ilpPacket,
    condition: terms.condition,
    expiresAt,
  }
}
