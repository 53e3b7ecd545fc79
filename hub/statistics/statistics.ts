import { isFinal, transferLine } from '../domain/transfer.ts'
import type { EventStream, LegEvent, Subscription } from '../events/event-stream.ts'
import type { Log } from '../log.ts'
import type { Store, Tx } from '../store/store.ts'
import {
  dayOf,
  emptyDay,
  withEnded,
  withReceived,
  type DayKey,
  type DayStatistics,
  type LegCounted,
} from './day.ts'

/**
 * Counts what the event stream tells, by FSP, role, currency and day, as the group `statistics`. What was counted of a leg
 * is kept in the step that counts it, so an event that comes again, or late, changes nothing.
 */
export function createStatistics({
  stream,
  store,
  log,
}: {
  readonly stream: Pick<EventStream, 'subscribe'>
  readonly store: Store
  readonly log: Log
}): Subscription {
  return stream.subscribe('statistics', async (events) => {
    const counting = events.filter(counts)
    if (counting.length === 0) return
    await store.step((tx) => countAll(tx, counting))
    log.info({ events: events.length, counted: counting.length }, 'statistics counted')
  })
}

/** The first event of a leg says when it was received; what comes between that and its end changes no sum. */
function counts({ sequence, state }: LegEvent): boolean {
  return sequence === 1 || isFinal(state)
}

async function countAll(tx: Tx, events: readonly LegEvent[]): Promise<void> {
  const days = new Map<string, DayStatistics>()
  const changeDay: ChangeDay = async (key, change) => {
    const name = [key.fspId, key.role, key.currency, key.day].join()
    const day = days.get(name) ?? (await tx.statistics.day(key)) ?? emptyDay(key)
    days.set(name, change(day))
  }
  const legs = new Map<string, LegCounted | undefined>()
  for (const event of events) {
    const line = transferLine(event.key)
    const before = legs.has(line) ? legs.get(line) : await tx.statistics.leg(event.key)
    const after = await countEvent(event, before, changeDay)
    legs.set(line, after)
    if (after !== before) await tx.statistics.saveLeg(event.key, after)
  }
  for (const day of days.values()) await tx.statistics.saveDay(day)
}

type ChangeDay = (key: DayKey, change: (day: DayStatistics) => DayStatistics) => Promise<void>

/** Returns what is counted of the leg then: the same object when the event was counted before. */
async function countEvent(
  event: LegEvent,
  before: LegCounted | undefined,
  changeDay: ChangeDay,
): Promise<LegCounted> {
  const { key, sequence, state, entry, amount } = event
  if (before !== undefined && (sequence <= before.sequence || before.endedAt !== undefined))
    return before
  const { fspId, role } = key
  const day = { fspId, role, currency: amount.currency, day: dayOf(entry.at) }
  const receivedAt = sequence === 1 ? entry.at : before?.receivedAt
  const after = { sequence, ...(receivedAt === undefined ? {} : { receivedAt }) }
  if (sequence === 1) await changeDay(day, withReceived)
  if (!isFinal(state)) return after
  const tookMs = receivedAt === undefined ? undefined : Math.max(entry.at - receivedAt, 0)
  await changeDay(day, (counted) => withEnded(counted, event, tookMs))
  return { ...after, endedAt: entry.at }
}
