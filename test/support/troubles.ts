import type { Fault, FaultKind } from '../../sandbox/faults.ts'
import { fault, freeze, hostOf, mend, unfreeze, type BankName } from './journey.ts'
import type { VirtualLab } from './virtual-lab.ts'

/** Draws whole numbers from 0 up to but without `below`, the same ones for the same seed. */
export type Draw = (below: number) => number

/** Draws from a seed of its own, so that what the lab draws changes nothing. */
export function createDraw(seed: number): Draw {
  let state = Math.imul(seed, 2_654_435_761)
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 374_761_393) >>> 0
    return (state >>> 8) % below
  }
}

/** Everything that goes wrong in a lab without any party breaking a promise. */
export type Troubles = {
  /** One more thing goes wrong. */
  add(): Promise<void>
  /** Switches the hub on again if its power was cut. */
  restartIfCut(): Promise<void>
  /** Mends, plugs in, unfreezes and switches on everything. */
  end(): Promise<void>
}

const banks = ['heron', 'weaver', 'ibis', 'kingfisher'] as const
const relayed = ['get-parties', 'put-parties', 'post-quotes', 'put-quotes', 'post-transfers']
const told = ['put-transfers-callback', 'patch-transfers']
const asked = ['put-transfers', 'get-transfers']
const coreMoves = ['price', 'prepare', 'create-payer', 'create-payee', 'release']
const coreReads = ['find-party', 'read-account']

type Kind = { readonly do: FaultKind; readonly on: readonly string[]; readonly msMax?: number }

const switchKinds: readonly Kind[] = [
  { do: 'duplicate', on: [...relayed, ...told] },
  { do: 'late-copy', on: [...relayed, ...told], msMax: 60_000 },
  { do: 'reorder', on: [...relayed, ...told], msMax: 20_000 },
  { do: 'silence', on: [...relayed, ...told, ...asked] },
  { do: 'error', on: [...relayed, ...told, ...asked] },
  { do: 'delay', on: ['put-parties', 'post-quotes', 'put-quotes', ...told], msMax: 40_000 },
  { do: 'commit-then-hang', on: ['post-transfers', 'put-transfers'] },
  { do: 'hold-reply', on: ['get-transfers'], msMax: 50_000 },
  { do: 'error-while-reserved', on: ['post-transfers'] },
]

/** A core takes no longer than the hub believes: half a minute. */
const bankKinds: readonly Kind[] = [
  { do: 'delay', on: [...coreMoves, ...coreReads], msMax: 29_000 },
  { do: 'silence', on: [...coreMoves, ...coreReads] },
  { do: 'error', on: [...coreMoves, ...coreReads] },
  { do: 'commit-then-hang', on: [...coreMoves, ...coreReads] },
  { do: 'not-approved', on: coreMoves },
]

/** Troubles of a lab, drawn one by one. */
export function createTroubles(lab: VirtualLab, draw: Draw): Troubles {
  const pick = <T>(list: readonly [T, ...T[]]): T => list[draw(list.length)] ?? list[0]
  const frozen = new Set<readonly [BankName, number]>()
  const faultOf = (kinds: readonly Kind[]): Fault => {
    const { do: kind, on, msMax } = kinds[draw(kinds.length)] ?? kinds[0]!
    const ms = msMax === undefined ? {} : { ms: 1 + draw(msMax) }
    const status = kind === 'error' && draw(2) === 0 ? { status: pick([429, 500, 503, 409]) } : {}
    return { on: on[draw(on.length)] ?? '', do: kind, times: 1 + draw(4), ...ms, ...status }
  }
  const unplug = (): void => {
    const host = hostOf(lab, pick(['switch', ...banks]))
    lab.network.cut(host)
    lab.clock.after(pick([100, 5_000, 45_000]), () => {
      lab.network.restore(host)
    })
  }
  const thaw = async (): Promise<void> => {
    for (const each of frozen) {
      await unfreeze(lab, ...each)
      frozen.delete(each)
    }
  }
  const kinds: readonly [() => Promise<void>, ...(() => Promise<void>)[]] = [
    () => fault(lab, 'switch', faultOf(switchKinds)),
    () => fault(lab, pick(banks), faultOf(bankKinds)),
    async () => {
      const who = [pick(banks), 1 + draw(6)] as const
      frozen.add(who)
      await freeze(lab, ...who)
    },
    thaw,
    async () => {
      lab.power.cutAt(1 + draw(200))
    },
    async () => {
      unplug()
    },
  ]
  const restartIfCut = async (): Promise<void> => {
    if (!lab.power.isCut()) return
    await lab.clock.advance(pick([0, 10, 3_000, 50_000]))
    await lab.restartHub()
    lab.power.cutAt(Infinity)
  }
  return {
    // Whoever is unplugged at the moment cannot be told to break.
    add: () => pick(kinds)().catch(() => undefined),
    restartIfCut,
    end: async () => {
      if (!lab.power.isCut()) lab.power.cutAt(Infinity)
      await restartIfCut()
      await lab.clock.advance(46_000)
      for (const party of ['switch', ...banks] as const) await mend(lab, party)
      await thaw()
    },
  }
}
