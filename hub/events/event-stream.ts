import type { TimelineEntry } from '../domain/transfer-record.ts'
import type { TransferKey, TransferState } from '../domain/transfer.ts'

/** One thing that happened to a leg of a transfer: a line of its timeline, and how the leg stands after it. */
export type LegEvent = {
  /** Unique, and the same each time it is told: `transferLine` and the ordinal, "heron:payer:6f1c…:7". */
  readonly id: string
  readonly key: TransferKey
  /** From 1, without gaps, for each leg. */
  readonly sequence: number
  readonly entry: TimelineEntry
  readonly state: TransferState
  /** What was asked for: a decimal string and a currency. */
  readonly amount: { readonly amount: string; readonly currency: string }
  readonly correlationId: string
  /** The FSP at the other end, once it is known. */
  readonly otherFspId?: string
  /** Why it was refused, once it was. */
  readonly refusal?: { readonly reason: string; readonly errorCode: string }
}

/** Somebody who takes events in. `close` waits for what is being taken. */
export type Subscription = { close(): Promise<void> }

/**
 * Tells what happened to transfers, to whoever wants to know. Events of a leg keep their order; each arrives at least once,
 * so who takes them in recognises an `id` that came before. Every implementation passes `test/contract/event-stream.ts`.
 */
export interface EventStream {
  /**
   * Resolves when all of them are kept, or taken in where nothing keeps them. After a rejection some may be kept: publish
   * the same ones again, in the same order, before any later event of their legs. A call waits for the one before it, and
   * rejects with it.
   */
  publish(events: readonly LegEvent[]): Promise<void>
  /**
   * Gives a member of a group its share of the events: each leg's to one member at a time, in order. A new group begins with
   * the oldest event that is kept; where nothing keeps them, with the next, and misses what comes while it has no member.
   * Events whose `take` rejects are given again: by the stream, or where nothing keeps them, when they are published again.
   */
  subscribe(group: string, take: (events: readonly LegEvent[]) => Promise<void>): Subscription
  /** Waits for what is being published and taken, and ends every subscription. */
  close(): Promise<void>
}
