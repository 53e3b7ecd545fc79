import type { Money } from './money.ts'
import type { Party, PartyId } from './party.ts'
import type { AmountType, QuoteTerms, TransactionType } from './quote.ts'
import type { Refusal } from './refusal.ts'
import type { TransferKey, TransferState } from './transfer.ts'

/** What was asked for, by a client (payer's leg) or by the other FSP's quote (payee's leg). Never changes. */
export type TransferOrder = {
  readonly payer: PartyId
  readonly payee: PartyId
  readonly amountType: AmountType
  readonly amount: Money
  readonly transactionType: TransactionType
  readonly clientRefId?: string
  readonly note?: string
  /** Where the client wants to hear of the end. */
  readonly callbackUrl?: string
}

/** An account at our own core, as far as a leg needs it. */
export type LegAccount = { readonly accountId: string; readonly displayName?: string }

/** What has become known on the way; only ever added to. Times in ms since 1970. */
export type TransferFacts = {
  readonly account?: LegAccount
  readonly payee?: Party
  readonly payeeAccount?: LegAccount
  readonly quoteId?: string
  readonly terms?: QuoteTerms
  /** Our own core's fee for this leg. */
  readonly fee?: Money
  readonly otherFspId?: string
  /** Of the transfer: when the switch gives it up. */
  readonly expiresAt?: number
  readonly fulfilment?: string
  /** The first reason that anybody gave; final once the transfer is aborted. */
  readonly refusal?: Refusal
  /** Tries of a question since the wait began, for the resolver's back-off. */
  readonly asked?: number
  /** Before then nobody is asked again, whatever wakes the leg. */
  readonly nextAskAt?: number
  /** What a person decided where nobody could know. */
  readonly decision?: 'commit' | 'release' | 'suspense'
  /** Booked to the core's suspense account by a person's decision; a late booking reverses it. */
  readonly inSuspense?: boolean
}

/** A transfer, as the store keeps it: one row per leg. */
export type TransferRecord = {
  readonly key: TransferKey
  readonly state: TransferState
  /** The client's X-CorrelationID; for a payee's leg the transaction id. */
  readonly correlationId: string
  readonly order: TransferOrder
  readonly facts: TransferFacts
  /** Ordinal of the wait that is open, or was last: part of its correlation key (ARCHITECTURE.md §3). */
  readonly wait: number
  readonly createdAt: number
  readonly updatedAt: number
  readonly completedAt?: number
}

/** How a step of the timeline ended, in one word. */
export type TimelineOutcome =
  'done' | 'refused' | 'unavailable' | 'unknown' | 'asked' | 'given' | 'waiting' | 'illegal'

/** One line of a transfer's timeline. `party` is an FSP, "switch", "client" or "operator". */
export type TimelineEntry = {
  readonly at: number
  readonly step: string
  readonly party: string
  readonly direction: 'in' | 'out' | 'none'
  readonly outcome: TimelineOutcome
  readonly detail: string
}
