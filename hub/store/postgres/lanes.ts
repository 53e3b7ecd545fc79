/** One step's place among the others of this process. */
export type Lane = {
  /** Waits for the earlier steps that began by reading the same; only the first call of a step waits. */
  enter(key: string): Promise<void>
  /** Lets the next one on. */
  leave(): void
}

/**
 * Steps that begin by reading the same rows follow each other in the order of asking, so that they need not find out from
 * the database, by a conflict, that they are in each other's way. Others run side by side. Nothing but speed and order
 * within one process depends on it: other processes know nothing of these lanes.
 */
export function createLanes(): () => Lane {
  const ends = new Map<string, Promise<void>>()
  return () => {
    let entered = false
    let leave = (): void => undefined
    return {
      enter: async (key) => {
        if (entered) return
        entered = true
        const before = ends.get(key)
        const end = new Promise<void>((resolve) => {
          leave = () => {
            if (ends.get(key) === end) ends.delete(key)
            resolve()
          }
        })
        ends.set(key, end)
        await before
      },
      leave: () => {
        leave()
      },
    }
  }
}
