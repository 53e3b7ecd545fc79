import type { Clock } from '../../clock.ts'

/** Waits that all end at once when there is nothing more to wait for. */
export interface Pauses {
  pause(ms: number): Promise<void>
  /** Resolves at the end of all pauses. */
  readonly over: Promise<void>
  areOver(): boolean
  /** Ends those under way, and from now on all others as they begin. */
  end(): void
}

/** Pauses by a clock. */
export function createPauses({ clock }: { readonly clock: Clock }): Pauses {
  const underWay = new Set<() => void>()
  let isOver = false
  let finish = (): void => undefined
  const over = new Promise<void>((resolve) => {
    finish = resolve
  })
  return {
    over,
    areOver: () => isOver,
    pause: (ms) =>
      new Promise((resolve) => {
        if (isOver) {
          resolve()
          return
        }
        const end = (): void => {
          cancel()
          underWay.delete(end)
          resolve()
        }
        const cancel = clock.after(ms, end)
        underWay.add(end)
      }),
    end: () => {
      isOver = true
      finish()
      for (const end of [...underWay]) end()
    },
  }
}
