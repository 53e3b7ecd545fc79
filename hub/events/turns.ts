/** Runs acts one at a time, in the order of their calls. */
export interface Turns {
  /** One that fails takes those with it that were waiting: what comes later must not overtake what has to be done again. */
  take(act: () => Promise<void>): Promise<void>
  /** Resolves once nothing is under way; never rejects. From the call on, every new act is rejected. */
  close(): Promise<void>
}

/** Turns at something that is called `what` when it is closed. */
export function createTurns(what: string): Turns {
  let last: Promise<void> | undefined
  let isClosed = false
  return {
    take: (act) => {
      if (isClosed) return Promise.reject(new Error(`${what} is closed`))
      const turn = last === undefined ? act() : last.then(act)
      last = turn
      const end = (): void => {
        if (last === turn) last = undefined
      }
      turn.then(end, end)
      return turn
    },
    close: async () => {
      isClosed = true
      await last?.catch(() => undefined)
    },
  }
}
