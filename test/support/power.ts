import type { Clock } from '../../hub/clock.ts'
import type { Listening, Network } from '../../hub/http.ts'

/** Clock and network of a machine whose power can be cut: what was asked for before never comes back after. */
export type Power = {
  readonly clock: Clock
  readonly network: Network
  /** Ends all that runs on it. What is started later runs as if on a machine that was switched on again. */
  cut(): void
  /**
   * Cuts at the n-th boundary from now: before a task or an answer wakes the program, before a message leaves it, before
   * a request reaches it. Between two boundaries the program only computes and commits.
   */
  cutAt(boundary: number): void
  /** Boundaries since the last `cutAt`. */
  passed(): number
  /** Whether the power was cut since the last `cutAt`. */
  isCut(): boolean
}

/** Puts a power switch before a clock and a network. */
export function createPower(world: {
  readonly clock: Clock
  readonly network: Network
  /** Hears of each cut. */
  readonly onCut?: () => void
}): Power {
  let life = 0
  let passedCount = 0
  let cutsAt = Infinity
  let wasCut = false
  const open = new Set<Listening>()

  const cut = (): void => {
    life++
    wasCut = true
    for (const each of open) void each.close()
    open.clear()
    world.onCut?.()
  }
  /** False when the life that asks is over, or ends here. */
  const passes = (asking: number): boolean => {
    if (asking !== life) return false
    passedCount++
    if (passedCount === cutsAt) cut()
    return asking === life
  }
  const clock: Clock = {
    ...world.clock,
    after: (delayMs, task) => {
      const asking = life
      return world.clock.after(delayMs, () => {
        if (passes(asking)) task()
      })
    },
  }
  const network: Network = {
    send: async (request) => {
      const asking = life
      if (!passes(asking)) return silence()
      const answer = await settled(world.network.send(request))
      if (!passes(asking)) return silence()
      return answer()
    },
    listen: async (route, at) => {
      const asking = life
      const listening = await world.network.listen(
        (request) => (passes(asking) ? route(request) : silence()),
        at,
      )
      open.add(listening)
      return listening
    },
  }
  return {
    clock,
    network,
    cut,
    cutAt: (boundary) => {
      passedCount = 0
      wasCut = false
      cutsAt = boundary
    },
    passed: () => passedCount,
    isCut: () => wasCut,
  }
}

/** What nobody will ever answer. */
function silence(): Promise<never> {
  return new Promise(() => undefined)
}

/** The outcome of a promise, thrown or returned only when it is asked for. */
async function settled<T>(promise: Promise<T>): Promise<() => T> {
  try {
    const value = await promise
    return () => value
  } catch (failure) {
    return () => {
      throw failure
    }
  }
}
