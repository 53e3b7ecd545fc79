import type { Clock } from '../../clock.ts'
import { statusOf } from './wire.ts'

/** How calls to the gateway meet a cluster that is away, busy, or does not answer. */
export interface Patience {
  /** Calls once. Rejects when no answer comes in time; whether it was done is then unknown. */
  once<T>(call: () => Promise<T>): Promise<T>
  /** Calls again, with longer and longer pauses, until `until` (ms since 1970) or a few times. Only for what may be repeated. */
  repeat<T>(call: () => Promise<T>, until?: number): Promise<T>
  /** Pauses before try number `failures` + 1. Ends early, as all pauses do, when patience does. */
  pause(failures: number): Promise<void>
  /** From now on nothing is tried a second time. */
  end(): void
}

/** Longer than the gateway's own 15 s for an answer of a broker. */
const answerMsMax = 20_000
const pauseMsMin = 50
const pauseMsMax = 2_000
const triesMax = 8

const deadlineExceeded = 4
const resourceExhausted = 8
/** So the gateway calls a connection to its broker that broke. */
const internal = 13
const unavailable = 14
const passing: readonly (number | undefined)[] = [
  deadlineExceeded,
  resourceExhausted,
  internal,
  unavailable,
]

/** No answer came in time. */
class NoAnswer extends Error {
  readonly code = deadlineExceeded
}

/** Patience that lasts until its end. */
export function createPatience({ clock }: { readonly clock: Clock }): Patience {
  const pauses = new Set<() => void>()
  let isOver = false
  const once = <T>(call: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const answer = call()
      const cancel = clock.after(answerMsMax, () => {
        reject(new NoAnswer(`the gateway did not answer within ${answerMsMax} ms`))
      })
      void answer.then(resolve, reject).finally(cancel)
    })
  const pause = (failures: number): Promise<void> => {
    if (isOver) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        cancel()
        pauses.delete(end)
        resolve()
      }
      const cancel = clock.after(Math.min(pauseMsMax, pauseMsMin * 2 ** failures), end)
      pauses.add(end)
    })
  }
  return {
    once,
    repeat: async (call, until) => {
      for (let tries = 1; ; tries++) {
        try {
          return await once(call)
        } catch (error) {
          const isLast = until === undefined ? tries >= triesMax : clock.now() >= until
          if (isOver || isLast || !passing.includes(statusOf(error))) throw error
          await pause(Math.min(tries, triesMax))
        }
      }
    },
    pause,
    end: () => {
      isOver = true
      for (const end of [...pauses]) end()
    },
  }
}
