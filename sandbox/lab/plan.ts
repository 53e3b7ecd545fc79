import { join } from 'node:path'
import type { FspiopTimes } from '../bank/fspiop/config.ts'
import type { Clock } from '../clock.ts'
import type { Listening, Network, Route } from '../http.ts'
import { bankNames, readBankSeed, readSwitchSeed, type BankSeed } from '../seed.ts'
import { loadLabKeys, type LabKey } from './keys.ts'

/** What is asked of a lab, as far as its parties go. */
export type PlanOptions = {
  /** The hub's port; the others follow from it. 0 picks a free run. */
  readonly basePort: number
  /** Where the files are, or ":memory:". */
  readonly dataDir: string
  /** Banks that speak FSPIOP themselves instead of through the hub. */
  readonly direct?: readonly string[]
  /** Banks whose place another system takes: its FSPIOP base URL by bank. */
  readonly replace?: Readonly<Record<string, string>>
  /** Keys made before; without them they are read from the data folder, or made. */
  readonly keys?: ReadonlyMap<string, LabKey>
}

/** Everybody binds this machine and nothing else. */
export const host = '127.0.0.1'

/** FSPIOP's own limit. */
export const bodyBytesMax = 5_242_880

/** Ports by their distance from the hub's (ARCHITECTURE.md §8). */
const portOffsets = { switch: 100, bank: 201 } as const

/** One bank of a lab: where it is, what it signs with, who speaks for it. */
export type PlannedBank = {
  readonly seed: BankSeed
  readonly port: number
  readonly url: string
  readonly key: LabKey
  /** Where the switch sends what is for this bank. */
  readonly callbackUrl: string
  /** Whether the hub serves it. */
  readonly behindHub: boolean
  /** Whether it speaks FSPIOP itself. */
  readonly isDirect: boolean
}

/** Who plays and where: plain values, so that it can be handed to another thread. */
export type Plan = {
  readonly dataDir: string
  readonly hubPort: number
  readonly hubUrl: string
  readonly switchId: string
  readonly switchPort: number
  readonly switchUrl: string
  readonly switchKey: LabKey
  /** What a bank on its own feet waits for how long. */
  readonly times: FspiopTimes
  readonly banks: readonly PlannedBank[]
}

/** Settles ports, URLs, keys and times of everybody, before anybody starts. */
export async function planLab(
  options: PlanOptions & Pick<Plan, 'times'>,
  { clock, network }: { readonly clock: Clock; readonly network: Network },
): Promise<Plan> {
  const switchId = readSwitchSeed().name
  const names = [...bankNames, switchId]
  const keys = options.keys ?? (await loadLabKeys(join(options.dataDir, 'keys'), names, clock))
  const keyOf = (name: string): LabKey => {
    const key = keys.get(name)
    if (!key) throw new Error(`no key for ${name}`)
    return key
  }
  const hubPort = options.basePort === 0 ? await freeBasePort(network) : options.basePort
  const hubUrl = `http://${host}:${String(hubPort)}`
  const banks = bankNames.map((name, n): PlannedBank => {
    const port = hubPort + portOffsets.bank + n
    const url = `http://${host}:${String(port)}`
    const replaced = options.replace?.[name]
    const isDirect = replaced === undefined && options.direct?.includes(name) === true
    const callbackUrl = replaced ?? (isDirect ? `${url}/fspiop` : `${hubUrl}/fsp/${name}`)
    const behindHub = !isDirect && replaced === undefined
    const place = { port, url, callbackUrl, behindHub, isDirect }
    return { seed: readBankSeed(name), key: keyOf(name), ...place }
  })
  const switchPort = hubPort + portOffsets.switch
  return {
    dataDir: options.dataDir,
    hubPort,
    hubUrl,
    switchId,
    switchPort,
    switchUrl: `http://${host}:${String(switchPort)}`,
    switchKey: keyOf(switchId),
    times: options.times,
    banks,
  }
}

/** Listens on one of the lab's ports. */
export function listenAt(
  network: Network,
  route: Route,
  { port, bytesMax = bodyBytesMax }: { readonly port: number; readonly bytesMax?: number },
): Promise<Listening> {
  return network.listen(route, { host, port, bodyBytesMax: bytesMax })
}

const basePortFirst = 20_000
const basePortStep = 1_000

/** A base whose ports are all free at the moment; somebody else may still be quicker. */
async function freeBasePort(network: Network): Promise<number> {
  for (let base = basePortFirst; base < 60_000; base += basePortStep) {
    if (await isFree(network, base)) return base
  }
  throw new Error('no free run of ports from 20000 to 60000')
}

async function isFree(network: Network, base: number): Promise<boolean> {
  const offsets = [0, portOffsets.switch, ...bankNames.map((_, n) => portOffsets.bank + n)]
  const taken: Listening[] = []
  const nowhere: Route = () =>
    Promise.resolve({ status: 503, headers: {}, bytes: new Uint8Array() })
  try {
    for (const offset of offsets)
      taken.push(await listenAt(network, nowhere, { port: base + offset }))
    return true
  } catch {
    return false
  } finally {
    await Promise.all(taken.map((each) => each.close()))
  }
}
