import type { Clock } from '../../clock.ts'
import type { Message } from './message.ts'
import type { Sender } from './sender.ts'

export type Letter = {
  readonly message: Message
  /** What it is about: letters to one participant about one thing leave one after the other. */
  readonly topic: string
  /** From this moment on it is worth nothing any more. */
  readonly notAfter?: number
  /** Told when nothing more will be tried. */
  readonly onDone?: () => void
}

/** Letters on their way: in order within a lane, side by side between lanes, tried again for half a minute. */
export interface Lanes {
  take(letter: Letter): void
  /** Starts no further attempt; letters not yet done are never told to be. */
  stop(): void
}

const retryMs = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000] as const

/** Lanes that deliver with `deliver`. */
export function createLanes(deliver: Sender, ports: { readonly clock: Clock }): Lanes {
  const { clock } = ports
  const lanes = new Map<string, Letter[]>()
  const running = { isStopped: false }

  const attempt = async ({ message, notAfter = Infinity }: Letter): Promise<void> => {
    for (const waitMs of [...retryMs, undefined]) {
      if (running.isStopped || clock.now() >= notAfter) return
      if ((await deliver(message)) !== 'unreachable') return
      if (waitMs !== undefined) await pause(clock, waitMs)
    }
  }

  const drain = async (lane: string, waiting: Letter[]): Promise<void> => {
    for (let letter = waiting[0]; letter; letter = waiting[0]) {
      await attempt(letter)
      if (running.isStopped) return
      letter.onDone?.()
      waiting.shift()
    }
    lanes.delete(lane)
  }
  return {
    take(letter) {
      const lane = `${letter.message.to} ${letter.topic}`
      const waiting = lanes.get(lane)
      if (waiting) {
        waiting.push(letter)
        return
      }
      const fresh = [letter]
      lanes.set(lane, fresh)
      void drain(lane, fresh)
    },
    stop: () => {
      running.isStopped = true
    },
  }
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve))
}
