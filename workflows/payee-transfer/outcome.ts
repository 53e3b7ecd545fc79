import { OutcomeUnknown, Unavailable, type SwitchMessage } from '../../hub/connector.ts'
import { refusal } from '../../hub/domain/refusal.ts'
import type { TransferKey } from '../../hub/domain/transfer.ts'
import type { TransferRecord } from '../../hub/domain/transfer-record.ts'
import type { Variables } from '../../hub/engine/engine.ts'
import { advance, loadLeg } from '../../hub/legs/leg.ts'
import type { InboxRow, Tx } from '../../hub/store/store.ts'
import { heard, isUnknownToSwitch, judgePayee } from '../../hub/legs/told.ts'
import type { Step, WorkflowPorts } from '../../hub/workflow.ts'
import { answerStep } from './decide.ts'
import { next, payeeKey, wait } from './variables.ts'

const firstAnswerFactor = 4

/** Sends the stored yes (PUT /transfers/{id}, RESERVED) and opens the wait for the switch's word. */
export function fulfilTransfer(ports: WorkflowPorts): Step {
  const { store, clock, times } = ports
  return async (variables) => {
    const key = payeeKey(variables)
    const firstAnswerMs = firstAnswerFactor * times.resolverFirstMs
    const { record, message } = await store.step(async (tx) => {
      const message = await openAnswer(tx, key, clock.now())
      const at = clock.now()
      const { record } = await advance(tx, await loadLeg(tx, key), {
        at,
        opensWait: true,
        facts: { asked: 0, nextAskAt: at + firstAnswerMs },
        entry: {
          step: 'fulfil-transfer',
          party: 'switch',
          direction: 'out',
          outcome: 'asked',
          detail: 'fulfilment sent',
        },
      })
      return { record, message }
    })
    const accepted = await deliverAnyway(ports, key.fspId, message)
    return accepted ? wait(record, firstAnswerMs) : askAtOnce(ports, key)
  }
}

/** Whoever refuses the PUT may hold another state of the transfer: the next question is a GET, not the PUT again. */
function askAtOnce({ store, clock }: WorkflowPorts, key: TransferKey): Promise<Variables> {
  return store.step(async (tx) => {
    const at = clock.now()
    const facts = { asked: 1, nextAskAt: at }
    const { record } = await advance(tx, await loadLeg(tx, key), { at, facts })
    return wait(record, 0)
  })
}

/** Sends the stored no (PUT /transfers/{id}/error). */
export function refuseTransfer({ store, switchOf, clock }: WorkflowPorts): Step {
  return async (variables) => {
    const key = payeeKey(variables)
    const { message, record } = await store.step(async (tx) => ({
      message: await openAnswer(tx, key, clock.now()),
      record: await loadLeg(tx, key),
    }))
    try {
      await switchOf(key.fspId).deliver(message)
    } catch (failure) {
      // Past the expiration the switch has given the transfer up by itself: nobody waits for the no any more.
      const isLate = clock.now() > (record.facts.expiresAt ?? 0)
      if (!(failure instanceof Unavailable || failure instanceof OutcomeUnknown) || !isLate)
        throw failure
    }
    return {}
  }
}

async function openAnswer(tx: Tx, key: TransferKey, at: number): Promise<SwitchMessage> {
  const attempt = await tx.attempts.latest(key, answerStep)
  if (!attempt?.message) throw new Error('the answer to this prepare has not been decided')
  await tx.attempts.save({ ...attempt, tries: attempt.tries + 1, sentAt: at })
  return attempt.message
}

/** A PUT that fails means nothing: the wait is open, and its timer asks. False when it was answered with a no. */
async function deliverAnyway(
  { switchOf }: WorkflowPorts,
  fspId: string,
  message: SwitchMessage,
): Promise<boolean> {
  try {
    return (await switchOf(fspId).deliver(message)) === 'accepted'
  } catch (failure) {
    if (failure instanceof Unavailable || failure instanceof OutcomeUnknown) return true
    throw failure
  }
}

/** Credits only what the switch's own word says is COMMITTED; drops only what it says is ABORTED; else keeps asking. */
export function judgeFulfilment({ store, switchOf, clock, times }: WorkflowPorts): Step {
  return async (variables) => {
    const key = payeeKey(variables)
    return store.step(async (tx) => {
      const record = await loadLeg(tx, key)
      const settled = decidedWord(record)
      if (settled) return settled
      const at = clock.now()
      const { switchId } = switchOf(key.fspId)
      const { otherFspId } = record.facts
      const all = await tx.inbox.ofTransfer(key.fspId, key.transferId)
      const rows = heard(all, { switchId, otherFspId })
      const told = judgePayee(rows)
      // What the switch has told meanwhile stands above what a person decided without it.
      const by = told === 'credit' || told === 'drop' ? 'switch' : 'operator'
      const verdict = by === 'switch' ? told : ofPerson(record)
      if (verdict === 'credit') return decideCredit(tx, record, { at, by })
      if (verdict === 'drop') return drop(tx, record, { at, by })
      const doubt = doubtOf(told, rows, {
        expiresAt: record.facts.expiresAt ?? 0,
        clockSkewMsMax: times.clockSkewMsMax,
      })
      if (doubt) return askPerson(tx, record, { at, detail: doubt, retryMs: times.resolverMaxMs })
      return stayOpen(tx, record, {
        at,
        isHinted: rows.at(-1)?.callback.kind === 'transfer-refused',
      })
    })
  }
}

function ofPerson(record: TransferRecord): 'credit' | 'drop' | undefined {
  if (record.facts.decision === 'commit') return 'credit'
  return record.facts.decision === 'release' ? 'drop' : undefined
}

/** Why nobody but a person can decide, if it is so. */
function doubtOf(
  told: ReturnType<typeof judgePayee>,
  rows: readonly InboxRow[],
  view: Parameters<typeof isUnknownToSwitch>[1],
): string | undefined {
  if (told === 'dispute') return 'the switch has said both COMMITTED and ABORTED'
  if (!isUnknownToSwitch(rows, view)) return undefined
  return 'a fulfilment was sent, and the switch does not know the transfer'
}

function decidedWord(record: TransferRecord): Variables | undefined {
  if (record.state === 'aborted') return next('drop')
  return record.state === 'reserved' || record.state === 'unknown' ? undefined : next('credit')
}

type Deciding = { readonly at: number; readonly by: 'switch' | 'operator' }

async function decideCredit(
  tx: Tx,
  record: TransferRecord,
  { at, by }: Deciding,
): Promise<Variables> {
  await tx.problems.close(record.key, 'outcome-unknowable', at)
  await advance(tx, record, {
    at,
    event: 'commit-decided',
    entry: {
      step: 'decide-commit',
      party: by,
      direction: by === 'switch' ? 'in' : 'none',
      outcome: 'done',
      detail: by === 'switch' ? 'the switch has COMMITTED' : 'a person decided to commit',
    },
  })
  return next('credit')
}

async function drop(tx: Tx, record: TransferRecord, { at, by }: Deciding): Promise<Variables> {
  await tx.problems.close(record.key, 'outcome-unknowable', at)
  const why =
    by === 'switch'
      ? refusal('transfer-expired', 'the switch says ABORTED')
      : refusal('operator-decided', 'a person decided to release')
  const { record: releasing } = await advance(tx, record, {
    at,
    event: 'release-decided',
    facts: { refusal: record.facts.refusal ?? why },
    entry: {
      step: 'decide-release',
      party: by,
      direction: by === 'switch' ? 'in' : 'none',
      outcome: 'done',
      detail: why.description,
    },
  })
  await advance(tx, releasing, {
    at,
    event: 'released',
    entry: {
      step: 'drop-transfer',
      party: by,
      direction: by === 'switch' ? 'in' : 'none',
      outcome: 'done',
      detail:
        by === 'switch'
          ? 'the switch has ABORTED; nothing was credited'
          : 'a person decided to release; nothing was credited',
    },
  })
  return next('drop')
}

async function askPerson(
  tx: Tx,
  record: TransferRecord,
  {
    at,
    detail,
    retryMs,
  }: { readonly at: number; readonly detail: string; readonly retryMs: number },
): Promise<Variables> {
  await tx.problems.open({ key: record.key, kind: 'outcome-unknowable', detail, openedAt: at })
  const { record: waiting } = await advance(tx, record, {
    at,
    opensWait: true,
    entry: {
      step: 'judge-fulfilment',
      party: 'operator',
      direction: 'none',
      outcome: 'waiting',
      detail,
    },
  })
  return wait(waiting, retryMs, 'dispute')
}

async function stayOpen(
  tx: Tx,
  record: TransferRecord,
  { at, isHinted }: { readonly at: number; readonly isHinted: boolean },
): Promise<Variables> {
  const dueAt = record.facts.nextAskAt ?? at
  if (at >= dueAt || (isHinted && (record.facts.asked ?? 0) === 0)) return next('ask')
  const { record: waiting } = await advance(tx, record, { at, opensWait: true })
  return wait(waiting, dueAt - at)
}

/** Asks by turns with the same PUT again and with GET; a hint that something is wrong is always followed by GET. */
export function askFulfilment(ports: WorkflowPorts): Step {
  const { store, switchOf, clock, times } = ports
  return async (variables) => {
    const key = payeeKey(variables)
    const question = switchOf(key.fspId).composeOutcomeQuestion(key.transferId)
    const { record, message, forMs } = await store.step(async (tx) => {
      const at = clock.now()
      const before = await loadLeg(tx, key)
      const asked = before.facts.asked ?? 0
      const rows = await tx.inbox.ofTransfer(key.fspId, key.transferId)
      const isHinted = rows.at(-1)?.callback.kind === 'transfer-refused'
      const repeats = asked % 2 === 0 && !isHinted
      const message = repeats ? await openAnswer(tx, key, at) : question
      const forMs = Math.min(times.resolverMaxMs, times.resolverFirstMs * 2 ** Math.min(asked, 16))
      const { record } = await advance(tx, before, {
        at,
        opensWait: true,
        ...(asked > 0 && before.state === 'reserved' ? { event: 'outcome-unknown' as const } : {}),
        facts: { asked: asked + 1, nextAskAt: at + forMs },
        entry: {
          step: 'ask-fulfilment',
          party: 'switch',
          direction: 'out',
          outcome: 'asked',
          detail: repeats ? 'the same PUT again' : 'GET',
        },
      })
      return { record, message, forMs }
    })
    await deliverAnyway(ports, key.fspId, message)
    return wait(record, forMs)
  }
}
