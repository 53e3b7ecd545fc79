import type { SwitchCallback, SwitchMessage } from '../connector.ts'
import type { PartyId } from '../domain/party.ts'
import type { QuoteQuestion, QuoteTerms } from '../domain/quote.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { Role, TransferKey } from '../domain/transfer.ts'
import type { TimelineEntry, TransferRecord } from '../domain/transfer-record.ts'
import type { Message } from '../engine/engine.ts'
import type { LegEvent } from '../events/event-stream.ts'
import type { DayKey, DayStatistics, LegCounted } from '../statistics/day.ts'

/**
 * The hub's memory. Everything a step decides is written in one transaction, which is durable (fsync) when `step`
 * resolves; a throw inside `work` rolls all of it back. Steps see each other's effects only once committed. `work` may be
 * run in a batch with others, or again when other processes were in its way, so it must do nothing but read and write through
 * `tx` (no calls out, no waiting).
 * Every implementation passes `test/contract/store.ts`.
 */
export interface Store {
  step<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** The tables, inside one step: all that is written through it becomes durable together, or not at all. */
export interface Tx {
  readonly transfers: Transfers
  readonly idempotency: IdempotencyRecords
  readonly attempts: Attempts
  readonly inbox: Inbox
  readonly outbox: Outbox
  readonly lookups: Lookups
  readonly quotes: Quotes
  readonly problems: Problems
  readonly registrations: Registrations
  readonly statistics: Statistics
}

/** Transfers and their append-only timelines. */
export interface Transfers {
  /** False when the key exists already; then nothing is written. */
  insert(transfer: TransferRecord): Promise<boolean>
  find(key: TransferKey): Promise<TransferRecord | undefined>
  findByCorrelation(fspId: string, correlationId: string): Promise<TransferRecord | undefined>
  /**
   * Overwrites state, facts, wait and times of an existing row. Order and key never change. With an entry, that is appended
   * to the timeline too.
   */
  save(transfer: TransferRecord, entry?: TimelineEntry): Promise<void>
  /**
   * Writes a line of a leg's timeline, and the event that tells it to the stream with the leg as this step leaves it so
   * far: numbered from 1, without gaps. Throws for a leg that was never inserted.
   */
  appendTimeline(key: TransferKey, entry: TimelineEntry): Promise<void>
  /** Oldest first. */
  timeline(key: TransferKey): Promise<readonly TimelineEntry[]>
  /** All of an FSP's legs, newest first, for search and books; `limit` at most 10 000. */
  list(query: {
    readonly fspId: string
    readonly role?: Role
    readonly limit: number
    readonly before?: number
  }): Promise<readonly TransferRecord[]>
}

/** First answers, kept so that a repeated request gets the same again (law 3 of ARCHITECTURE.md). */
export interface IdempotencyRecords {
  find(scope: IdempotencyScope): Promise<IdempotencyRecord | undefined>
  insert(scope: IdempotencyScope, record: IdempotencyRecord): Promise<void>
}

/** Whose request it is: the same key of another tenant or on another route is another request. */
export type IdempotencyScope = {
  readonly tenant: string
  readonly route: string
  readonly key: string
}

/** The first answer to a request, which every repeat gets. */
export type IdempotencyRecord = {
  /** SHA-256 of the request's parameters, in a canonical order. */
  readonly requestHash: string
  readonly status: number
  readonly body: string
}

/** Calls that move money: durable before they leave (law 5 of ARCHITECTURE.md). */
export interface Attempts {
  /** The latest attempt of the step, whatever its outcome. */
  latest(key: TransferKey, step: string): Promise<Attempt | undefined>
  insert(attempt: Attempt): Promise<void>
  /** Overwrites `tries`, `sentAt` and `outcome`. */
  save(attempt: Attempt): Promise<void>
}

/** One call that moves money, and what became of it. */
export type Attempt = {
  readonly key: TransferKey
  readonly step: string
  /** From 1; rises only once the one before is known not to have happened. */
  readonly attempt: number
  /** Idempotency key towards the other side: a v5 UUID of all the above. */
  readonly upstreamKey: string
  /** For a switch: what goes out, byte for byte, each time. */
  readonly message?: SwitchMessage
  /** How often it was sent; more than one makes any "no" unknown. */
  readonly tries: number
  readonly sentAt?: number
  readonly outcome: 'open' | 'done' | 'refused' | 'not-happened'
}

/** What peers sent, raw, kept before it is answered. */
export interface Inbox {
  /** Returns the new row's id, which rises with time. */
  insert(callback: InboxInsert): Promise<string>
  find(id: string): Promise<InboxRow | undefined>
  /** All that was told about a transfer at an FSP, oldest first. */
  ofTransfer(fspId: string, transferId: string): Promise<readonly InboxRow[]>
  /** All that was told about a quote, oldest first. */
  ofQuote(fspId: string, quoteId: string): Promise<readonly InboxRow[]>
  /** Answers about a party (by `partyKey`) received at or after a time, oldest first. */
  ofParty(fspId: string, partyKey: string, since: number): Promise<readonly InboxRow[]>
}

/** A peer's message as it came, verified. */
export type InboxInsert = {
  readonly fspId: string
  readonly receivedAt: number
  /** transferId, quoteId or partyKey: what it is about. */
  readonly about: { readonly kind: 'transfer' | 'quote' | 'party'; readonly id: string }
  readonly callback: SwitchCallback
  readonly raw: {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly bytes: Uint8Array
  }
}

/** A stored message of a peer's. */
export type InboxRow = {
  readonly id: string
  readonly fspId: string
  readonly receivedAt: number
  readonly callback: SwitchCallback
}

/** What must leave the hub because of a step; delivered at least once, in order per (kind, line). */
export interface Outbox {
  /** `line` orders: rows of one kind and line leave one after the other (`transferLine`, or a party's key). */
  add(entry: OutboxEntry & { readonly line: string; readonly dueAt: number }): Promise<void>
}

/** What is to leave: a message to the engine, or a callback to a client. */
export type OutboxEntry =
  | { readonly kind: 'message'; readonly message: Message }
  | {
      readonly kind: 'client-callback'
      readonly fspId: string
      readonly url: string
      readonly body: string
    }

/** An entry that waits for its turn: ms since 1970, and how often it was tried. */
export type OutboxRow = OutboxEntry & {
  readonly id: string
  readonly line: string
  readonly dueAt: number
  readonly tries: number
}

/** The relay's side of the outbox. */
export interface OutboxQueue {
  /** The first due row of each line of a kind, oldest first. A postponed row holds up its line. */
  due(now: number, limit: number, kind: OutboxEntry['kind']): Promise<readonly OutboxRow[]>
  /** When the next of the rows that are not due yet will be, if any is there. */
  nextDueAt(now: number): Promise<number | undefined>
  /** Deletes rows that have arrived; durable a little later than a step, when another commit can be shared. */
  done(ids: readonly string[]): Promise<void>
  /** Tries again later. */
  postpone(id: string, dueAt: number): Promise<void>
  /** Calls back after each commit that added a row. */
  onAdded(wake: () => void): void
  /**
   * The oldest events that are this process's to tell, in the order in which they happened to their legs. Those given
   * before and not told since come again.
   */
  events(limit: number): Promise<readonly OutboxEvent[]>
  /** Deletes what `events` gave last, once it was told; durable a little later than a step. */
  eventsTold(told: readonly OutboxEvent[]): Promise<void>
  /** Calls back after each commit that added an event. */
  onEvents(wake: () => void): void
}

/** An event that waits to be told. */
export type OutboxEvent = { readonly id: string; readonly event: LegEvent }

/** Party lookups that are under way: they have no id of their own, so one answer wakes all who wait for that party. */
export interface Lookups {
  open(fspId: string, partyKey: string, waiter: LookupWaiter): Promise<void>
  waiters(fspId: string, partyKey: string): Promise<readonly LookupWaiter[]>
  close(fspId: string, partyKey: string, line: string): Promise<void>
}

/** Who is woken when a party is answered. */
export type LookupWaiter = {
  /** `transferLine` of the transfer, or another name for who waits. */
  readonly line: string
  /** The message that wakes it. */
  readonly messageName: string
  readonly correlationKey: string
  readonly since: number
}

/** Quotes that one of our FSPs gave as payee. */
export interface Quotes {
  /** False when (fspId, quoteId) exists already; then nothing is written. */
  insert(quote: GivenQuote): Promise<boolean>
  find(fspId: string, quoteId: string): Promise<GivenQuote | undefined>
  findByCondition(fspId: string, condition: string): Promise<GivenQuote | undefined>
  /** Writes down for which transfer a quote is honoured; the last one stands. */
  honour(fspId: string, quoteId: string, transferId: string): Promise<void>
}

/** A quote that one of our FSPs answered as payee. */
export type GivenQuote = {
  readonly fspId: string
  readonly question: QuoteQuestion
  readonly accountId?: string
  /** Absent when the quote was refused. */
  readonly terms?: QuoteTerms
  /** The answer, byte for byte. */
  readonly answer: SwitchMessage
  readonly createdAt: number
  /** The transfer that was promised on it; absent until one is, and not looked at by `insert`. */
  readonly honouredFor?: string
}

/** What only a person can settle. */
export interface Problems {
  /** Opens one per (transfer, kind); a second opening changes nothing. */
  open(problem: Problem): Promise<void>
  close(key: TransferKey, kind: string, closedAt: number): Promise<void>
  listOpen(fspId: string): Promise<readonly Problem[]>
}

/** Something that only a person can decide. */
export type Problem = {
  readonly key: TransferKey
  readonly kind:
    | 'outcome-disputed'
    | 'committed-after-release'
    | 'booking-owed'
    | 'outcome-unknowable'
    | 'incident'
  readonly detail: string
  readonly openedAt: number
}

/** Identifiers that clients asked to be registered at the core and at the switch's oracle. */
export interface Registrations {
  insert(registration: Registration): Promise<void>
  find(fspId: string, registrationId: string): Promise<Registration | undefined>
  /** Overwrites state, refusal and time. */
  save(registration: Registration): Promise<void>
}

/** A customer's further identifier, on its way to core and oracle. */
export type Registration = {
  readonly fspId: string
  readonly registrationId: string
  readonly partyId: PartyId
  readonly accountId: string
  readonly currency: string
  /** Whether the account had the identifier before is written down before it is given: undoing must leave it then. */
  readonly state:
    'received' | 'absent-at-core' | 'at-core' | 'was-at-core' | 'registered' | 'aborted'
  readonly refusal?: Refusal
  /** Ordinal of the open wait. */
  readonly wait: number
  readonly updatedAt: number
}

/** What the statistics of transfers have counted: written by their projection and by nobody else. */
export interface Statistics {
  leg(key: TransferKey): Promise<LegCounted | undefined>
  saveLeg(key: TransferKey, counted: LegCounted): Promise<void>
  day(key: DayKey): Promise<DayStatistics | undefined>
  saveDay(day: DayStatistics): Promise<void>
  /** Of an FSP, days from and to included ("2026-01-31"), oldest first; at most 10 000. */
  days(query: {
    readonly fspId: string
    readonly from: string
    readonly to: string
  }): Promise<readonly DayStatistics[]>
}
