import type { EventStream, LegEvent, Subscription } from './event-stream.ts'
import { createTurns } from './turns.ts'

type Member = {
  readonly take: (events: readonly LegEvent[]) => Promise<void>
  /** Resolves when it has taken, or refused, what it was given last. */
  taking: Promise<unknown>
}

/**
 * A stream that keeps nothing: `publish` gives the events to every group, all groups at once, and rejects if one of them does,
 * so who publishes keeps them until then. A group that did take them sees them again. Of a group's members the one that
 * subscribed first gets everything; after its end, the next.
 */
export function createInProcessStream(): EventStream {
  const groups = new Map<string, readonly Member[]>()
  const turns = createTurns('the event stream')
  const leave = async (group: string, member: Member): Promise<void> => {
    const rest = (groups.get(group) ?? []).filter((other) => other !== member)
    if (rest.length === 0) groups.delete(group)
    else groups.set(group, rest)
    await member.taking
  }
  const subscribe = (group: string, take: Member['take']): Subscription => {
    const member: Member = { take, taking: Promise.resolve() }
    groups.set(group, [...(groups.get(group) ?? []), member])
    return { close: () => leave(group, member) }
  }
  return {
    publish: (events) => turns.take(() => giveToAll(groups, events)),
    subscribe,
    close: async () => {
      await turns.close()
      groups.clear()
    },
  }
}

async function giveToAll(
  groups: ReadonlyMap<string, readonly Member[]>,
  events: readonly LegEvent[],
): Promise<void> {
  if (events.length === 0) return
  const first = [...groups.values()].flatMap((members) => members.slice(0, 1))
  const taken = await Promise.allSettled(first.map((member) => give(member, events)))
  const failed = taken.find((one) => one.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/** A `take` that throws at once has rejected. */
async function give(member: Member, events: readonly LegEvent[]): Promise<void> {
  const taken = Promise.resolve().then(() => member.take(events))
  member.taking = taken.catch(() => undefined)
  await taken
}
