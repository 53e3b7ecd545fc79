import type { Headers, HttpRequest } from './http.ts'
import type { Money } from './domain/money.ts'
import type { Party, PartyId } from './domain/party.ts'
import type { AmountType, QuoteQuestion, QuoteTerms } from './domain/quote.ts'
import type { Refusal } from './domain/refusal.ts'
import type { FspiopState, Role } from './domain/transfer.ts'

/** It surely did not happen, or it was only a read: try again later. */
export class Unavailable extends Error {
  override name = 'Unavailable'
}

/** Money may have moved and nobody knows: the next try asks before it acts. */
export class OutcomeUnknown extends Error {
  override name = 'OutcomeUnknown'
}

/** A customer's account at her own core. */
export type CoreAccount = {
  readonly accountId: string
  readonly currency: string
  readonly party: Omit<Party, 'id' | 'fspId'>
}

/** One movement of money at a core. `transferId` is the core's own key for it, the same for reserve, commit and release. */
export type LedgerMove = {
  readonly transferId: string
  readonly accountId: string
  readonly amount: Money
  /** What the payer's core takes on top; zero for a payee. */
  readonly fee: Money
  /** Of the stored attempt; the same for every repeat of it. At most 50 characters. */
  readonly idempotencyKey: string
}

/**
 * What a core says became of a transfer id on an account. `held` = a live hold; `released` = the hold was there and is
 * gone without a booking; `booked` = debited (payer) or credited (payee).
 */
export type LedgerOutcome = 'nothing' | 'held' | 'released' | 'booked'

/**
 * A bank's core. A no comes back as a `Refusal`; a failure is thrown as `Unavailable` or `OutcomeUnknown`. Every call that
 * moves money is idempotent on `transferId`: done before = done. `commit` after `release` is never called, and the reverse.
 */
export interface LedgerConnector {
  /** Who the party is, whatever the state of her accounts; unknown is `payee-not-found`. For lookups by peers. */
  findParty(party: PartyId): Promise<Omit<Party, 'id' | 'fspId'> | Refusal>
  /** Finds the account of a party in a currency: unknown, blocked, or not held in that currency is a refusal of the role's. */
  findAccount(party: PartyId, currency: string, role: Role): Promise<CoreAccount | Refusal>
  /** The core's own fee for the move; for a payer also whether the balance allows it. */
  price(quote: {
    readonly accountId: string
    readonly role: Role
    readonly amount: Money
    readonly amountType: AmountType
    readonly transferId: string
  }): Promise<{ readonly fee: Money } | Refusal>
  reserve(move: LedgerMove): Promise<'done' | Refusal>
  commit(move: LedgerMove): Promise<'done' | Refusal>
  release(move: LedgerMove): Promise<'done' | Refusal>
  credit(move: LedgerMove): Promise<'done' | Refusal>
  outcome(move: Omit<LedgerMove, 'idempotencyKey'>, role: Role): Promise<LedgerOutcome>
  /**
   * Books to the core's suspense account what the scheme has committed and the core will not book on the customer's:
   * payer: suspense to settlement; payee: settlement to suspense. `unsuspend` is the reverse. Idempotent on the key.
   */
  suspend(move: LedgerMove, role: Role): Promise<'done' | Refusal>
  unsuspend(move: LedgerMove, role: Role): Promise<'done' | Refusal>
  /** Gives the account one more identifier. Idempotent for the same account. */
  registerParty(party: PartyId, accountId: string): Promise<'done' | Refusal>
  unregisterParty(party: PartyId): Promise<'done' | Refusal>
}

/** A signed message, ready to go: stored before it leaves, and sent again byte for byte. */
export type SwitchMessage = {
  readonly method: string
  /** From the resource on: "/transfers/6f1c…". */
  readonly path: string
  readonly headers: Headers
  /** '' for none. */
  readonly body: string
}

/** A prepare of a transfer, as the payer's FSP sends it (FSPIOP 1.1 POST /transfers). `expiresAt` in ms since 1970. */
export type TransferPrepare = {
  readonly transferId: string
  readonly payerFspId: string
  readonly payeeFspId: string
  readonly amount: Money
  readonly ilpPacket: string
  readonly condition: string
  readonly expiresAt: number
}

/** What the payee put into the ILP packet of its quote (FSPIOP 1.1 Transaction). */
export type IlpTerms = {
  readonly quoteId: string
  readonly transactionId: string
  readonly payeeFspId: string
  readonly payee: PartyId
  readonly amount: Money
}

/** FSPIOP's errorInformation, as a peer sent it. */
export type PeerError = { readonly errorCode: string; readonly description: string }

/**
 * What a peer told us, verified. `answeredAt` is the message's own Date in ms (NaN-free: a message without a readable Date
 * is rejected). `source` is the FSP or switch that signed it.
 */
export type SwitchCallback = { readonly source: string; readonly answeredAt: number } & (
  | { readonly kind: 'party-asked'; readonly partyId: PartyId }
  | { readonly kind: 'party-given'; readonly partyId: PartyId; readonly party: Party }
  | { readonly kind: 'party-refused'; readonly partyId: PartyId; readonly error: PeerError }
  | { readonly kind: 'quote-asked'; readonly question: QuoteQuestion }
  | { readonly kind: 'quote-given'; readonly quoteId: string; readonly terms: QuoteTerms }
  | { readonly kind: 'quote-refused'; readonly quoteId: string; readonly error: PeerError }
  | { readonly kind: 'transfer-prepared'; readonly prepare: TransferPrepare }
  | {
      readonly kind: 'transfer-told'
      readonly transferId: string
      readonly state: FspiopState
      readonly fulfilment?: string
    }
  | { readonly kind: 'transfer-refused'; readonly transferId: string; readonly error: PeerError }
  | { readonly kind: 'participant-told'; readonly partyId: PartyId; readonly fspId?: string }
  | { readonly kind: 'participant-refused'; readonly partyId: PartyId; readonly error: PeerError }
)

/** A request that is not taken in: what to answer, by FSPIOP 1.1 §7.6. */
export type Rejection = {
  readonly kind: 'rejection'
  readonly status: number
  readonly errorCode: string
  readonly description: string
  /** Goes into the error's extensionList: the versions that are read, with 3001. */
  readonly extensions?: readonly { readonly key: string; readonly value: string }[]
}

/**
 * The FSPIOP side of one FSP. `compose…` builds a signed message and sends nothing; `deliver` sends it. One connector
 * speaks for one FSP: its own name, keys and ILP secret.
 */
export interface SwitchConnector {
  /** Who speaks for the scheme: only its own word is the outcome of a transfer, whoever else signs one. */
  readonly switchId: string
  composePartyQuestion(partyId: PartyId): SwitchMessage
  composePartyAnswer(answer: { readonly to: string; readonly party: Party }): SwitchMessage
  composePartyRefusal(answer: {
    readonly to: string
    readonly partyId: PartyId
    readonly refusal: Refusal
  }): SwitchMessage
  composeQuoteQuestion(question: QuoteQuestion): SwitchMessage
  /** Seals the terms: makes the ILP packet and the condition, whose fulfilment only this FSP's secret gives. */
  sealQuote(question: QuoteQuestion, terms: Omit<QuoteTerms, 'ilpPacket' | 'condition'>): QuoteTerms
  composeQuoteAnswer(answer: {
    readonly to: string
    readonly quoteId: string
    readonly terms: QuoteTerms
  }): SwitchMessage
  composeQuoteRefusal(answer: {
    readonly to: string
    readonly quoteId: string
    readonly refusal: Refusal
  }): SwitchMessage
  composePrepare(prepare: TransferPrepare): SwitchMessage
  /** RESERVED where the switch speaks 1.1 transfers, else COMMITTED. `completedAt` in ms. */
  composeFulfilment(answer: {
    readonly to: string
    readonly transferId: string
    readonly fulfilment: string
    readonly completedAt: number
  }): SwitchMessage
  composeTransferRefusal(answer: {
    readonly to: string
    readonly transferId: string
    readonly refusal: Refusal
  }): SwitchMessage
  composeOutcomeQuestion(transferId: string): SwitchMessage
  /** Registers (POST) or removes (DELETE) the FSP as the owner of an identifier, at the switch's oracle. */
  composeParticipant(
    change: 'register' | 'remove',
    partyId: PartyId,
    currency: string,
  ): SwitchMessage
  /** The fulfilment of a packet that this FSP sealed. */
  fulfilmentOf(ilpPacket: string): string
  /** Reads a packet that a peer sealed, or undefined when it is not one. */
  readIlpPacket(ilpPacket: string): IlpTerms | undefined
  /**
   * Sends a composed message. 'accepted' = 200 or 202. A 4xx that says no is a Refusal. Throws `Unavailable` when it surely
   * did not arrive, `OutcomeUnknown` when nobody knows (5xx, timeout, reset).
   */
  deliver(message: SwitchMessage): Promise<'accepted' | Refusal>
  /** Verifies and reads a request at {hub}/fsp/{fspId}/…; `request.path` starts after that prefix. Looks at the raw bytes. */
  read(request: HttpRequest): SwitchCallback | Rejection
}
