import { v5 } from 'uuid'
import type { Refusal } from '../domain/refusal.ts'
import {
  nextState,
  transferLine,
  type Next,
  type TransferEvent,
  type TransferKey,
} from '../domain/transfer.ts'
import type { TimelineEntry, TransferFacts, TransferRecord } from '../domain/transfer-record.ts'
import type { Variables } from '../engine/engine.ts'
import type { Attempt, Tx } from '../store/store.ts'

/** What a step changes about a leg, and the line it writes into the timeline. */
export type Change = {
  readonly facts?: TransferFacts
  /** Opens the next wait: a new ordinal, so that no stale answer can end it. */
  readonly opensWait?: boolean
  readonly at: number
} & (Told | { readonly event?: never; readonly entry?: Entry })

type Entry = Omit<TimelineEntry, 'at'>

/** What moves the state has a line in the timeline, for the line is what tells it to the event stream. */
type Told = { readonly event: TransferEvent; readonly entry: Entry }

/**
 * Applies a change to a leg, in the caller's transaction. *already* and *illegal* change no state: what happened before has
 * its line already, and an illegal event is recorded in the timeline and nothing else is written.
 */
export async function advance(
  tx: Tx,
  record: TransferRecord,
  change: Change,
): Promise<{ readonly next: Next['kind']; readonly record: TransferRecord }> {
  const next = change.event === undefined ? undefined : nextState(record.state, change.event)
  if (next?.kind === 'illegal') {
    await tx.transfers.appendTimeline(record.key, illegalEntry(record, change))
    return { next: 'illegal', record }
  }
  const changed = changedRecord(record, change, next)
  const isNews = change.entry !== undefined && next?.kind !== 'already'
  await tx.transfers.save(changed, isNews ? { ...change.entry, at: change.at } : undefined)
  if (changed.completedAt !== record.completedAt)
    await tx.problems.close(record.key, 'incident', change.at)
  return { next: next?.kind ?? 'moved', record: changed }
}

function changedRecord(
  record: TransferRecord,
  change: Change,
  next: Next | undefined,
): TransferRecord {
  const state = next?.kind === 'moved' ? next.state : record.state
  const ends = state !== record.state && (state === 'committed' || state === 'aborted')
  return {
    ...record,
    state,
    facts: { ...record.facts, ...change.facts },
    wait: record.wait + (change.opensWait === true ? 1 : 0),
    updatedAt: change.at,
    ...(ends ? { completedAt: change.at } : {}),
  }
}

function illegalEntry(record: TransferRecord, change: Change): TimelineEntry {
  return {
    at: change.at,
    step: change.entry?.step ?? String(change.event),
    party: change.entry?.party ?? record.key.fspId,
    direction: 'none',
    outcome: 'illegal',
    detail: `${String(change.event)} cannot follow ${record.state}; nothing was done`,
  }
}

/** Reads a leg that a step works on; that it exists was promised when its workflow was started. */
export async function loadLeg(tx: Tx, key: TransferKey): Promise<TransferRecord> {
  const record = await tx.transfers.find(key)
  if (!record) throw new Error(`no transfer ${transferLine(key)}`)
  return record
}

/** The key of a workflow's own leg, from the two variables every transfer workflow carries. */
export function legKey(variables: Variables, role: TransferKey['role']): TransferKey {
  return { fspId: word(variables, 'fspId'), role, transferId: word(variables, 'transferId') }
}

/** A variable that must be a string. */
export function word(variables: Variables, name: string): string {
  const value = variables[name]
  if (typeof value !== 'string') throw new Error(`variable ${name} is not a string`)
  return value
}

/** The correlation key of the wait that is open. */
export function waitKey(record: TransferRecord): string {
  return `${transferLine(record.key)}:${String(record.wait)}`
}

/** Milliseconds as a BPMN timer reads them; a timer of nothing would be due before its wait is. */
export function isoDuration(ms: number): string {
  return `PT${(Math.max(ms, 1) / 1000).toFixed(3)}S`
}

/** The reason that stands: the first one given. */
export function firstRefusal(record: TransferRecord, refusal: Refusal): Refusal {
  return record.facts.refusal ?? refusal
}

/** Writes a refusal down, so that the diagram's error path finds it in the store, and passes it on. */
export async function noteRefusal(
  tx: Tx,
  record: TransferRecord,
  refused: {
    readonly refusal: Refusal
    readonly at: number
    readonly entry: Omit<TimelineEntry, 'at' | 'outcome' | 'detail'>
  },
): Promise<Refusal> {
  const { refusal, at, entry } = refused
  await advance(tx, record, {
    at,
    facts: { refusal: firstRefusal(record, refusal) },
    entry: {
      ...entry,
      outcome: 'refused',
      detail: `${refusal.errorCode} ${refusal.reason}: ${refusal.description}`,
    },
  })
  return refusal
}

const attemptNamespace = '5e3c3a5c-6a5f-4a7e-9d56-0f7a2f6c1b42'

/**
 * Opens the attempt under which a step may act, durably, before anything leaves (law 5 of ARCHITECTURE.md). An attempt without an
 * outcome is taken up again, with its own key; `tries` counts what may have left, this time included.
 */
export async function openAttempt(
  tx: Tx,
  key: TransferKey,
  attempt: { readonly step: string; readonly at: number; readonly message?: Attempt['message'] },
): Promise<Attempt> {
  const latest = await tx.attempts.latest(key, attempt.step)
  if (latest && latest.outcome !== 'not-happened' && latest.outcome !== 'refused') {
    if (latest.outcome === 'done') return latest
    const again = { ...latest, tries: latest.tries + 1, sentAt: attempt.at }
    await tx.attempts.save(again)
    return again
  }
  const number = (latest?.attempt ?? 0) + 1
  const opened: Attempt = {
    key,
    step: attempt.step,
    attempt: number,
    upstreamKey: v5(`${transferLine(key)}:${attempt.step}:${String(number)}`, attemptNamespace),
    ...(attempt.message ? { message: attempt.message } : {}),
    tries: 1,
    sentAt: attempt.at,
    outcome: 'open',
  }
  await tx.attempts.insert(opened)
  return opened
}
