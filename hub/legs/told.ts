import { fulfils } from '../domain/condition.ts'
import { refusal, refusalOfCode, type Refusal } from '../domain/refusal.ts'
import type { InboxRow } from '../store/store.ts'

/** What all that a switch told about a transfer amounts to (ARCHITECTURE.md §5, the payer's table). */
export type Judgement =
  | { readonly verdict: 'commit'; readonly fulfilment: string }
  | { readonly verdict: 'release'; readonly refusal: Refusal }
  | { readonly verdict: 'dispute'; readonly detail: string }
  /** Not an answer: the wait stays open. `hint` is what an error said, to be asked about and kept as the reason. */
  | { readonly verdict: 'open'; readonly hint?: Refusal }

/** What a payer knows of her transfer when she judges what she was told. */
export type PayerView = {
  readonly condition: string
  readonly expiresAt: number
  readonly clockSkewMsMax: number
  /** Whether the switch was asked since it last told something that does not fit. */
  readonly asked: boolean
}

/**
 * Judges the payer's leg. COMMITTED counts with a fulfilment that fits; ABORTED only as a state, never as an error; 3208
 * only when both clocks are past the expiration by more than the skew, and only of a transfer that the switch never told
 * of. What contradicts itself is for a person. Everything else leaves the question open.
 */
export function judgePayer(rows: readonly InboxRow[], view: PayerView): Judgement {
  const told = states(rows)
  const fulfilment = told.find((each) => isFulfilled(each, view.condition))?.fulfilment
  if (fulfilment !== undefined) return { verdict: 'commit', fulfilment }
  const hint = firstHint(rows)
  const open: Judgement = hint ? { verdict: 'open', hint } : { verdict: 'open' }
  const doubt = doubtOf(rows, view)
  if (doubt) return view.asked ? { verdict: 'dispute', detail: doubt } : open
  if (told.some((each) => each.state === 'ABORTED'))
    return release(hint, refusal('payee-refused-transfer', 'the switch says ABORTED'))
  if (told.length === 0 && rows.some((row) => provesAbsence(row, view)))
    return release(hint, refusal('transfer-expired', 'the switch never took the transfer'))
  return open
}

/** Why nobody but a person can decide, unless the switch is asked once more and tells better. */
function doubtOf(rows: readonly InboxRow[], view: PayerView): string | undefined {
  const told = states(rows)
  const isAborted = told.some((each) => each.state === 'ABORTED')
  const isAbsent = rows.some((row) => provesAbsence(row, view))
  const misfits = told.filter((each) => each.state === 'COMMITTED').length
  if (misfits > 0 && (isAborted || isAbsent)) return contradicted
  if (isAbsent && told.length > 0 && !isAborted) return contradicted
  return misfits > 1 ? disputed : undefined
}

const contradicted = 'the switch has told two things of the transfer that cannot both be true'
const disputed = 'COMMITTED, but the fulfilment is missing or does not fit the condition'

function isFulfilled({ state, fulfilment }: Told, condition: string): boolean {
  return state === 'COMMITTED' && fulfilment !== undefined && fulfils(fulfilment, condition)
}

function release(hint: Refusal | undefined, otherwise: Refusal): Judgement {
  return { verdict: 'release', refusal: hint ?? otherwise }
}

/**
 * What a payee may conclude: only the states count, an error says nothing but that it is time to ask. Both final states
 * cannot be true: that is for a person.
 */
export function judgePayee(rows: readonly InboxRow[]): 'credit' | 'drop' | 'dispute' | 'open' {
  const told = states(rows)
  const isCommitted = told.some((t) => t.state === 'COMMITTED')
  const isAborted = told.some((t) => t.state === 'ABORTED')
  if (isCommitted && isAborted) return 'dispute'
  if (isCommitted) return 'credit'
  return isAborted ? 'drop' : 'open'
}

/**
 * Leaves out what does not count: a state, or a 3208, that anybody but the switch has told (a payee knows the fulfilment
 * before the scheme has committed), and errors from who is no party of the transfer.
 */
export function heard(
  rows: readonly InboxRow[],
  from: { readonly switchId: string; readonly otherFspId: string | undefined },
): readonly InboxRow[] {
  return rows.filter(({ callback }) => {
    if (callback.source === from.switchId) return true
    if (callback.kind !== 'transfer-refused' || callback.source !== from.otherFspId) return false
    return callback.error.errorCode !== notFound
  })
}

const notFound = '3208'

/** Whether the latest word on a payee's transfer is that the switch does not know it, past its expiration and the skew. */
export function isUnknownToSwitch(
  rows: readonly InboxRow[],
  view: { readonly expiresAt: number; readonly clockSkewMsMax: number },
): boolean {
  const last = rows.at(-1)
  return last !== undefined && provesAbsence(last, view)
}

type Told = Extract<InboxRow['callback'], { readonly kind: 'transfer-told' }>

function states(rows: readonly InboxRow[]): readonly Told[] {
  return rows
    .map((row) => row.callback)
    .filter((callback): callback is Told => callback.kind === 'transfer-told')
}

function firstHint(rows: readonly InboxRow[]): Refusal | undefined {
  for (const { callback } of rows) {
    if (callback.kind !== 'transfer-refused' || noOutcome.has(callback.error.errorCode)) continue
    return refusalOfCode('transfer', callback.error.errorCode, callback.error.description)
  }
  return undefined
}

/** Codes that speak of a message or of a question, not of the transfer: they are never a reason. */
const noOutcome: ReadonlySet<string> = new Set([
  '2001',
  '2002',
  '2003',
  '2004',
  '2005',
  '3106',
  '3208',
])

function provesAbsence(
  row: InboxRow,
  view: { readonly expiresAt: number; readonly clockSkewMsMax: number },
): boolean {
  const { callback } = row
  if (callback.kind !== 'transfer-refused' || callback.error.errorCode !== notFound) return false
  return (
    callback.answeredAt > view.expiresAt && row.receivedAt > view.expiresAt + view.clockSkewMsMax
  )
}
