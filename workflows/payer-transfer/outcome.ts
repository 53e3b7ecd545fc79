import { OutcomeUnknown, Unavailable, type SwitchMessage } from '../../hub/connector.ts'
import { refusal, isRefusal, type Refusal } from '../../hub/domain/refusal.ts'
import type { TransferRecord } from '../../hub/domain/transfer-record.ts'
import type { Variables } from '../../hub/engine/engine.ts'
import { advance, loadLeg, waitKey, isoDuration } from '../../hub/legs/leg.ts'
import type { Tx } from '../../hub/store/store.ts'
import { heard, judgePayer, type Judgement } from '../../hub/legs/told.ts'
import type { Step, WorkflowPorts } from '../../hub/workflow.ts'
import { decideRelease, noteHint, prepareStep } from './prepare.ts'
import { next, payerKey, wait } from './variables.ts'

/**
 * Judges all that was told so far and persists the decision before anything acts on it. Woken by a message, a timer or a
 * person; which one does not matter, only what the store holds does.
 */
export function judgeTransfer({ store, switchOf, clock, times }: WorkflowPorts): Step {
  return async (variables) => {
    const key = payerKey(variables)
    return store.step(async (tx) => {
      const record = await loadLeg(tx, key)
      const decided = decidedWord(record)
      if (decided) return decided
      const at = clock.now()
      const { terms, expiresAt, asked, otherFspId } = record.facts
      const { switchId } = switchOf(key.fspId)
      const rows = await tx.inbox.ofTransfer(key.fspId, key.transferId)
      const told = judgePayer(heard(rows, { switchId, otherFspId }), {
        condition: terms?.condition ?? '',
        expiresAt: expiresAt ?? 0,
        clockSkewMsMax: times.clockSkewMsMax,
        asked: (asked ?? 0) > 0,
      })
      const judgement = isProof(told) ? told : (ofPerson(record) ?? told)
      return act(tx, record, { judgement, at, retryMs: times.resolverMaxMs })
    })
  }
}

function decidedWord(record: TransferRecord): Variables | undefined {
  switch (record.state) {
    case 'commit-decided':
    case 'booking-owed':
    case 'committed':
      return next('commit')
    case 'release-decided':
    case 'aborted':
      return next('release')
    case 'received':
    case 'quoted':
    case 'reserved':
    case 'unknown':
      return undefined
  }
}

/** What the switch has proved meanwhile stands above what a person decided without it. */
function isProof({ verdict }: Judgement): boolean {
  return verdict === 'commit' || verdict === 'release'
}

/** A person's word counts where nobody else can tell; it was taken only while the outcome was in dispute. */
function ofPerson(record: TransferRecord): Judgement | undefined {
  const { decision } = record.facts
  if (decision === 'commit') return { verdict: 'commit', fulfilment: '' }
  if (decision !== 'release') return undefined
  return { verdict: 'release', refusal: refusal('operator-decided', 'a person decided to release') }
}

type Acting = { readonly judgement: Judgement; readonly at: number; readonly retryMs: number }

async function act(
  tx: Tx,
  record: TransferRecord,
  { judgement, at, retryMs }: Acting,
): Promise<Variables> {
  switch (judgement.verdict) {
    case 'commit':
      return decideCommit(tx, record, { at, fulfilment: judgement.fulfilment })
    case 'release':
      await tx.problems.close(record.key, 'outcome-disputed', at)
      return decideRelease(tx, record, { at, why: judgement.refusal })
    case 'dispute': {
      await tx.problems.open({
        key: record.key,
        kind: 'outcome-disputed',
        detail: judgement.detail,
        openedAt: at,
      })
      const { record: waiting } = await advance(tx, record, {
        at,
        opensWait: true,
        entry: {
          step: 'judge-transfer',
          party: 'operator',
          direction: 'none',
          outcome: 'waiting',
          detail: judgement.detail,
        },
      })
      return wait(waiting, retryMs, 'dispute')
    }
    case 'open':
      return stayOpen(tx, record, { at, hint: judgement.hint })
  }
}

async function decideCommit(
  tx: Tx,
  record: TransferRecord,
  { at, fulfilment }: { readonly at: number; readonly fulfilment: string },
): Promise<Variables> {
  await tx.problems.close(record.key, 'outcome-disputed', at)
  const byPerson = fulfilment === ''
  const { next: moved } = await advance(tx, record, {
    at,
    event: 'commit-decided',
    facts: byPerson ? {} : { fulfilment },
    entry: {
      step: 'decide-commit',
      party: byPerson ? 'operator' : 'switch',
      direction: byPerson ? 'none' : 'in',
      outcome: 'done',
      detail: byPerson
        ? 'a person decided to commit'
        : 'COMMITTED, and the fulfilment fits the condition',
    },
  })
  return next(moved === 'illegal' ? 'release' : 'commit')
}

async function stayOpen(
  tx: Tx,
  record: TransferRecord,
  { at, hint }: { readonly at: number; readonly hint: Refusal | undefined },
): Promise<Variables> {
  const isNews = hint !== undefined && record.facts.refusal === undefined
  const noted = isNews ? await noteHint(tx, record, { at, hint }) : record
  const dueAt = record.facts.nextAskAt ?? at
  if (at >= dueAt || (isNews && (record.facts.asked ?? 0) === 0)) return next('ask')
  const { record: waiting } = await advance(tx, noted, { at, opensWait: true })
  return wait(waiting, dueAt - at)
}

/**
 * Asks what became of the transfer: before its expiration by the same POST, byte for byte; after it only by GET, and not
 * before the grace has passed, since an earlier "not found" would prove nothing.
 */
export function askOutcome(ports: WorkflowPorts): Step {
  const { store, switchOf, clock, times } = ports
  return async (variables) => {
    const key = payerKey(variables)
    const question = switchOf(key.fspId).composeOutcomeQuestion(key.transferId)
    const asking = await store.step((tx) => openAsk(tx, key, { at: clock.now(), times, question }))
    if (asking.message && mayLeave(asking, clock.now()))
      await deliver(ports, asking.record, asking.message)
    return { next: 'wait', waitKey: waitKey(asking.record), waitFor: isoDuration(asking.forMs) }
  }
}

/** Writing down that the POST leaves again may itself have taken it past the expiration; a question may always leave. */
function mayLeave({ record, message }: Asking, now: number): boolean {
  return message?.method === 'GET' || now < (record.facts.expiresAt ?? 0)
}

type Asking = {
  readonly record: TransferRecord
  readonly message?: SwitchMessage
  readonly forMs: number
}

async function openAsk(
  tx: Tx,
  key: TransferRecord['key'],
  asking: {
    readonly at: number
    readonly times: WorkflowPorts['times']
    readonly question: SwitchMessage
  },
): Promise<Asking> {
  const { at, times, question } = asking
  const record = await loadLeg(tx, key)
  const { asked = 0, expiresAt = 0 } = record.facts
  const phase = phaseOf(at, expiresAt, Math.max(times.graceMs, times.clockSkewMsMax))
  const backoffMs = Math.min(times.resolverMaxMs, times.resolverFirstMs * 2 ** Math.min(asked, 16))
  const forMs = phase.kind === 'get' ? backoffMs : Math.min(backoffMs, Math.max(phase.endsInMs, 1))
  const { record: waiting } = await advance(tx, record, {
    at,
    opensWait: true,
    ...(record.state === 'reserved' && asked > 0 ? { event: 'outcome-unknown' as const } : {}),
    facts: { asked: asked + 1, nextAskAt: at + forMs },
    entry: {
      step: 'ask-outcome',
      party: 'switch',
      direction: 'out',
      outcome: 'asked',
      detail: words[phase.kind],
    },
  })
  const message = phase.kind === 'get' ? question : await prepareAgain(tx, key, { phase, at })
  return { record: waiting, forMs, ...(message ? { message } : {}) }
}

/** The stored POST, counted once more; nothing while it may not be sent. */
async function prepareAgain(
  tx: Tx,
  key: TransferRecord['key'],
  { phase, at }: { readonly phase: Phase; readonly at: number },
): Promise<SwitchMessage | undefined> {
  const attempt = await tx.attempts.latest(key, prepareStep)
  if (phase.kind !== 'resend' || !attempt) return undefined
  await tx.attempts.save({ ...attempt, tries: attempt.tries + 1, sentAt: at })
  return attempt.message
}

const words = {
  resend: 'the same POST again',
  hold: 'expired; waiting out the grace before asking',
  get: 'GET',
} as const

type Phase =
  { readonly kind: 'resend' | 'hold'; readonly endsInMs: number } | { readonly kind: 'get' }

function phaseOf(at: number, expiresAt: number, graceMs: number): Phase {
  if (at < expiresAt) return { kind: 'resend', endsInMs: expiresAt - at }
  // One more millisecond: the answer must be stamped later than the skew allows for.
  const asksAt = expiresAt + graceMs + 1
  return at < asksAt ? { kind: 'hold', endsInMs: asksAt - at } : { kind: 'get' }
}

/** A question that fails is asked again when the wait ends; nothing follows from it. */
async function deliver(
  { store, switchOf, clock }: WorkflowPorts,
  record: TransferRecord,
  message: SwitchMessage,
): Promise<void> {
  try {
    const refused = await switchOf(record.key.fspId).deliver(message)
    if (isRefusal(refused))
      await store.step((tx) => noteHint(tx, record, { at: clock.now(), hint: refused }))
  } catch (failure) {
    if (!(failure instanceof Unavailable || failure instanceof OutcomeUnknown)) throw failure
  }
}
