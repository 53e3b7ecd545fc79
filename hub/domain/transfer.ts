/** Which leg of a transfer: one hub may hold both. */
export type Role = 'payer' | 'payee'

/** The key of everything: one hub may serve both FSPs of a transfer. */
export type TransferKey = {
  readonly fspId: string
  readonly role: Role
  readonly transferId: string
}

/** Where a leg stands: the one durable state, moved by `nextState` only. */
export type TransferState =
  | 'received'
  | 'quoted'
  | 'reserved'
  | 'unknown'
  | 'release-decided'
  | 'commit-decided'
  | 'booking-owed'
  | 'committed'
  | 'aborted'

/** FSPIOP's words, the only ones a client sees. */
export type FspiopState = 'RECEIVED' | 'RESERVED' | 'COMMITTED' | 'ABORTED'

/**
 * What may happen to a transfer. For a payee, *reserved* means that its fulfilment is decided, *commit decided* that the
 * switch has committed, *committed* that the customer is credited.
 */
export type TransferEvent =
  | 'refused'
  | 'quoted'
  | 'reserved'
  | 'reservation-unknown'
  | 'outcome-unknown'
  | 'commit-decided'
  | 'release-decided'
  | 'booking-refused'
  | 'booked'
  | 'released'

/** What an event does to a state: moves it, finds it there already, or may not happen. */
export type Next =
  | { readonly kind: 'moved'; readonly state: TransferState }
  | { readonly kind: 'already' }
  | { readonly kind: 'illegal' }

const moved = (state: TransferState): Next => ({ kind: 'moved', state })
const already: Next = { kind: 'already' }
const illegal: Next = { kind: 'illegal' }

/**
 * The only way a transfer's state changes (law 2 of ARCHITECTURE.md). Total: *moved*; *already* when the event has happened before;
 * *illegal* when a decision that was taken fences it, and then nothing may be done but record it.
 */
export function nextState(state: TransferState, event: TransferEvent): Next {
  return table[event][state]
}

const before = { received: illegal, quoted: illegal } as const
const fenced = { 'release-decided': illegal, aborted: illegal } as const
const decided = { 'commit-decided': illegal, 'booking-owed': illegal, committed: illegal } as const
const past = {
  reserved: already,
  unknown: already,
  'release-decided': already,
  'commit-decided': already,
  'booking-owed': already,
  committed: already,
  aborted: illegal,
} as const

const table = {
  refused: {
    received: moved('aborted'),
    quoted: moved('aborted'),
    reserved: illegal,
    unknown: illegal,
    'release-decided': illegal,
    ...decided,
    aborted: already,
  },
  quoted: { ...past, received: moved('quoted'), quoted: already },
  reserved: {
    ...past,
    received: moved('reserved'),
    quoted: moved('reserved'),
    unknown: moved('reserved'),
    'release-decided': illegal,
  },
  'reservation-unknown': { ...past, received: moved('unknown'), quoted: moved('unknown') },
  'outcome-unknown': { ...past, ...before, reserved: moved('unknown') },
  'commit-decided': {
    ...before,
    reserved: moved('commit-decided'),
    unknown: moved('commit-decided'),
    ...fenced,
    'commit-decided': already,
    'booking-owed': already,
    committed: already,
  },
  'release-decided': {
    received: moved('release-decided'),
    quoted: moved('release-decided'),
    reserved: moved('release-decided'),
    unknown: moved('release-decided'),
    ...decided,
    'release-decided': already,
    aborted: already,
  },
  'booking-refused': {
    ...before,
    reserved: illegal,
    unknown: illegal,
    ...fenced,
    'commit-decided': moved('booking-owed'),
    'booking-owed': already,
    committed: already,
  },
  booked: {
    ...before,
    reserved: illegal,
    unknown: illegal,
    ...fenced,
    'commit-decided': moved('committed'),
    'booking-owed': moved('committed'),
    committed: already,
  },
  released: {
    ...before,
    reserved: illegal,
    unknown: illegal,
    ...decided,
    'release-decided': moved('aborted'),
    aborted: already,
  },
} as const satisfies Record<TransferEvent, Record<TransferState, Next>>

const fspiopStates = {
  received: 'RECEIVED',
  quoted: 'RECEIVED',
  reserved: 'RESERVED',
  unknown: 'RESERVED',
  'release-decided': 'RESERVED',
  'commit-decided': 'COMMITTED',
  'booking-owed': 'COMMITTED',
  committed: 'COMMITTED',
  aborted: 'ABORTED',
} as const satisfies Record<TransferState, FspiopState>

/** The state as FSPIOP names it. */
export function fspiopState(state: TransferState): FspiopState {
  return fspiopStates[state]
}

/** Whether nothing more can happen to the transfer's state. */
export function isFinal(state: TransferState): boolean {
  return state === 'committed' || state === 'aborted'
}

/** The key as one line: "heron:payer:6f1c…". */
export function transferLine(key: TransferKey): string {
  return `${key.fspId}:${key.role}:${key.transferId}`
}
