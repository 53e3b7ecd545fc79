import type { FaultKind, FaultScope } from '../faults.ts'

/** What can be broken; the README says what each kind does to each. */
export const operations = [
  'get-participants',
  'post-participants',
  'delete-participants',
  'get-parties',
  'put-parties',
  'post-quotes',
  'get-quotes',
  'put-quotes',
  'post-transfers',
  'put-transfers',
  'get-transfers',
  'put-transfers-callback',
  'patch-transfers',
  'sweep',
] as const

export type Operation = (typeof operations)[number]

/** Kinds that act on a message as it arrives. */
export const entryKinds = ['delay', 'silence', 'error'] as const satisfies readonly FaultKind[]

/** Kinds that act on a message as it leaves. */
export const deliveryKinds = [
  'duplicate',
  'reorder',
  'late-copy',
] as const satisfies readonly FaultKind[]

/** Kinds that only the ledger knows: each breaks a promise of the switch. */
const ledgerKinds = [
  'commit-then-hang',
  'hold-reply',
  'error-while-reserved',
  'duplicates-last',
  'tell-before-commit',
] as const satisfies readonly FaultKind[]

/** What `/lab/faults` of the switch accepts. */
export const faultScope: FaultScope = {
  operations,
  kinds: [...entryKinds, ...deliveryKinds, ...ledgerKinds],
}

/** How long a fault lasts when it does not say. */
export const faultMsDefault = 1_000
