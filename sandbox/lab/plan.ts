import { join } from 'node:path'
import type { FspiopTimes } from '../bank/fspiop/config.ts'
import type { Clock } from '../clock.ts'
import { bankNames, readBankSeed, readSwitchSeed, type BankSeed } from '../seed.ts'
import { loadLabKeys, type LabKey } from './keys.ts'
import type { Participant } from './party.ts'
import { portOffsets } from './ports.ts'

/** What is asked of a lab, as far as its parties go. */
export type PlanOptions = {
  /** The hub's port; the others follow from it. */
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
  clock: Clock,
): Promise<Plan> {
  const switchId = readSwitchSeed().name
  const names = [...bankNames, switchId]
  const keys = options.keys ?? (await loadLabKeys(join(options.dataDir, 'keys'), names, clock))
  const keyOf = (name: string): LabKey => {
    const key = keys.get(name)
    if (!key) throw new Error(`no key for ${name}`)
    return key
  }
  const hubPort = options.basePort
  const hubUrl = `http://${host}:${String(hubPort)}`
  const banks = bankNames.map((name, n): PlannedBank => {
    const port = hubPort + portOffsets.bank + n
    const replaced = options.replace?.[name]
    const url = replaced ?? `http://${host}:${String(port)}`
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

/** How the switch reaches whoever speaks for a bank, and knows what it signs. */
export function participantOf({ seed, callbackUrl, key }: PlannedBank): Participant {
  return { name: seed.name, callbackUrl, publicKeyPem: key.publicKeyPem }
}
