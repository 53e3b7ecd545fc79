import { addMoney, moneyOf, noMoney, type Money } from '../domain/money.ts'
import type { Role } from '../domain/transfer.ts'
import type { LegEvent } from '../events/event-stream.ts'

/** What is counted together: an FSP's legs of one role and one currency, of one day in UTC ("2026-01-31"). */
export type DayKey = {
  readonly fspId: string
  readonly role: Role
  readonly currency: string
  readonly day: string
}

/** What happened on a day: legs that were received then, and, whenever they were received, those that ended then. */
export type DayStatistics = {
  readonly key: DayKey
  readonly received: number
  readonly committed: number
  /** The sum of what was asked for by the legs that were committed. */
  readonly amount: Money
  /** By reason. */
  readonly aborted: Readonly<Record<string, number>>
  readonly took: Took
}

/** How long legs took from being received to their end; `within` counts them by the limit under which they stayed. */
export type Took = {
  readonly totalMs: number
  readonly longestMs: number
  readonly within: Readonly<Record<string, number>>
}

/** What was counted of a leg: up to which of its events, and when it was received and ended, if that was told. */
export type LegCounted = {
  readonly sequence: number
  readonly receivedAt?: number
  readonly endedAt?: number
}

const limitsMs = [
  50, 100, 200, 300, 400, 500, 700, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 30_000, 60_000,
  300_000, 3_600_000, 86_400_000,
] as const

/** The day on which something happened. */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

/** A day of which nothing is counted yet. */
export function emptyDay(key: DayKey): DayStatistics {
  const took = { totalMs: 0, longestMs: 0, within: {} }
  return { key, received: 0, committed: 0, amount: noMoney(key.currency), aborted: {}, took }
}

/** The day with one more leg received. */
export function withReceived(day: DayStatistics): DayStatistics {
  return { ...day, received: day.received + 1 }
}

/** The day with one more leg ended, as its event tells; `tookMs` is absent where nobody told when it was received. */
export function withEnded(
  day: DayStatistics,
  event: LegEvent,
  tookMs: number | undefined,
): DayStatistics {
  const took = tookMs === undefined ? day.took : withTime(day.took, tookMs)
  if (event.state === 'aborted')
    return { ...day, took, aborted: oneMore(day.aborted, event.refusal?.reason ?? 'not-told') }
  const amount = addMoney(day.amount, moneyOf(event.amount))
  return { ...day, took, committed: day.committed + 1, amount }
}

/** How many legs were timed. */
export function timedLegs({ within }: Took): number {
  return Object.values(within).reduce((sum, legs) => sum + legs, 0)
}

/** The limit under which the given share of the legs stayed, at most the longest time; undefined where none was timed. */
export function tookAtMost(took: Took, share: number): number | undefined {
  const wanted = timedLegs(took) * share
  if (wanted === 0) return undefined
  let legs = 0
  for (const limit of limitsMs) {
    legs += took.within[limit] ?? 0
    if (legs >= wanted) return Math.min(limit, took.longestMs)
  }
  return took.longestMs
}

function withTime({ totalMs, longestMs, within }: Took, tookMs: number): Took {
  const limit = limitsMs.find((each) => tookMs <= each)
  return {
    totalMs: totalMs + tookMs,
    longestMs: Math.max(longestMs, tookMs),
    within: oneMore(within, limit === undefined ? 'longer' : String(limit)),
  }
}

function oneMore(
  counts: Readonly<Record<string, number>>,
  word: string,
): Readonly<Record<string, number>> {
  return { ...counts, [word]: (counts[word] ?? 0) + 1 }
}
