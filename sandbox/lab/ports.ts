import type { Listening, Network, Route } from '../http.ts'
import { bankNames } from '../seed.ts'

/** Ports by their distance from the hub's (ARCHITECTURE.md §8). */
export const portOffsets = { switch: 100, bank: 201 } as const

const basePortFirst = 20_000
const basePortStep = 1_000
const basePortMax = 60_000

/**
 * Starts a lab on the first run of ports that are all free, and on a later one when somebody else was quicker. Rejects
 * with what `start` rejected with when the ports were not to blame.
 */
export async function onFreePorts<T>(
  network: Network,
  start: (basePort: number) => Promise<T>,
): Promise<T> {
  for (let base = basePortFirst; base < basePortMax; base += basePortStep) {
    if (!(await areFree(network, base))) continue
    try {
      return await start(base)
    } catch (failure) {
      if (await areFree(network, base)) throw failure
    }
  }
  throw new Error(`no free run of ports from ${basePortFirst} to ${basePortMax}`)
}

const nowhere: Route = () => Promise.resolve({ status: 503, headers: {}, bytes: new Uint8Array() })

async function areFree(network: Network, base: number): Promise<boolean> {
  const offsets = [0, portOffsets.switch, ...bankNames.map((_, n) => portOffsets.bank + n)]
  const taken: Listening[] = []
  try {
    for (const offset of offsets) {
      const at = { host: '127.0.0.1', port: base + offset, bodyBytesMax: 0 }
      taken.push(await network.listen(nowhere, at))
    }
    return true
  } catch {
    return false
  } finally {
    await Promise.all(taken.map((each) => each.close()))
  }
}
