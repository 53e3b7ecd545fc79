import { join } from 'node:path'
import { startHub, type HubConfig, type HubPorts } from '../hub/main.ts'
import type { Times } from '../hub/workflow.ts'
import { createBank } from './bank/bank.ts'
import type { Clock } from './clock.ts'
import type { Listening, Network, Route } from './http.ts'
import { sendJson } from './json-client.ts'
import { prepareDataFolder } from './lab/data-folder.ts'
import { loadLabKeys, type LabKey } from './lab-keys.ts'
import { bankNames, readBankSeed, readSwitchSeed, type BankSeed } from './seed.ts'
import { openStore, type Store } from './store.ts'
import { switchConfig } from './switch/config.ts'
import { createSwitch } from './switch/switch.ts'

export type LabOptions = {
  /** The hub's port; the others follow from it. 0 picks a free run. */
  readonly basePort: number
  /** Where the files are, or ":memory:". */
  readonly dataDir: string
  /** Throws away what an earlier run left. */
  readonly fresh?: boolean
  /** Banks that speak FSPIOP themselves instead of through the hub. */
  readonly direct?: readonly string[]
  /** Banks whose place another system takes: its FSPIOP base URL by bank. */
  readonly replace?: Readonly<Record<string, string>>
  /** Changes the lab's times, for tests. */
  readonly times?: Partial<Times>
  /** Keys made before; without them they are read from the data folder, or made. */
  readonly keys?: ReadonlyMap<string, LabKey>
}

/** The hub and the sandbox each have their own clock and network; in a simulator both sides share one. */
export type LabPorts = {
  readonly hub: HubPorts
  readonly sandbox: { readonly network: Network; readonly clock: Clock }
}

/** A running lab: where everybody answers. */
export type Lab = {
  readonly hub: string
  readonly switch: string
  readonly banks: Readonly<Record<string, string>>
  readonly operators: Readonly<Record<string, string>>
  close(): Promise<void>
  /** Ends the hub as a power cut would and starts it again on its files. */
  restartHub(): Promise<void>
}

/** Ports by their distance from the hub's (DESIGN §8). */
const portOffsets = { switch: 100, bank: 201 } as const

const host = '127.0.0.1'
const bodyBytesMax = 5_242_880

/** The lab's times (DESIGN §5). */
export const labTimes: Times = {
  lookupMs: 10_000,
  quoteMs: 60_000,
  transferMs: 30_000,
  graceMs: 5_000,
  resolverFirstMs: 1_000,
  resolverMaxMs: 60_000,
  clockSkewMsMax: 2_000,
  coreLongestMs: 30_000,
  bookingRetryMs: 5_000,
}

/**
 * Starts four banks, a switch and the hub in this process, on files that survive it. What an earlier run left is gone on
 * with. Rejects with one sentence when a port or the data folder is in use.
 */
export async function startLab(options: LabOptions, ports: LabPorts): Promise<Lab> {
  const { network } = ports.sandbox
  prepareDataFolder(options.dataDir, { fresh: options.fresh === true })
  const plan = await planLab(options, ports)
  const opened: (() => void | Promise<void>)[] = []
  try {
    for (const bank of plan.banks) opened.push(await openBank(plan, bank, ports))
    opened.push(await openSwitch(plan, ports))
    await registerCustomers(plan, network)
    let hub = await startHub(hubConfig(plan), ports.hub)
    opened.push(() => hub.close())
    return {
      hub: plan.hubUrl,
      switch: plan.switchUrl,
      banks: Object.fromEntries(plan.banks.map(({ seed, url }) => [seed.name, url])),
      operators: {},
      close: () => closeAll(opened),
      restartHub: async () => {
        hub.crash()
        hub = await startHub(hubConfig(plan), ports.hub)
      },
    }
  } catch (failure) {
    await closeAll(opened)
    throw failure
  }
}

type PlannedBank = {
  readonly seed: BankSeed
  readonly port: number
  readonly url: string
  readonly key: LabKey
  /** Where the switch sends what is for this bank. */
  readonly callbackUrl: string
  /** Whether the hub serves it. */
  readonly behindHub: boolean
}

type Plan = {
  readonly options: LabOptions
  readonly basePort: number
  readonly hubUrl: string
  readonly switchUrl: string
  readonly switchKey: LabKey
  readonly banks: readonly PlannedBank[]
}

async function planLab(options: LabOptions, { sandbox }: LabPorts): Promise<Plan> {
  const { clock, network } = sandbox
  const switchName = readSwitchSeed().name
  const names = [...bankNames, switchName]
  const keys = options.keys ?? (await loadLabKeys(join(options.dataDir, 'keys'), names, clock))
  const keyOf = (name: string): LabKey => {
    const key = keys.get(name)
    if (!key) throw new Error(`no key for ${name}`)
    return key
  }
  const basePort = options.basePort === 0 ? await freeBasePort(network) : options.basePort
  const hubUrl = `http://${host}:${String(basePort)}`
  const banks = bankNames.map((name, n): PlannedBank => {
    const port = basePort + portOffsets.bank + n
    const url = `http://${host}:${String(port)}`
    const direct = options.direct?.includes(name) === true
    const replaced = options.replace?.[name]
    const callbackUrl = replaced ?? (direct ? `${url}/fspiop` : `${hubUrl}/fsp/${name}`)
    const behindHub = !direct && replaced === undefined
    return { seed: readBankSeed(name), port, url, key: keyOf(name), callbackUrl, behindHub }
  })
  const switchUrl = `http://${host}:${String(basePort + portOffsets.switch)}`
  return { options, basePort, hubUrl, switchUrl, switchKey: keyOf(switchName), banks }
}

function storeOf({ options }: Plan, name: string): Store {
  return openStore(
    options.dataDir === ':memory:' ? ':memory:' : join(options.dataDir, `${name}.db`),
  )
}

async function openBank(
  plan: Plan,
  planned: PlannedBank,
  { sandbox }: LabPorts,
): Promise<() => Promise<void>> {
  const store = storeOf(plan, planned.seed.name)
  const bank = createBank(planned.seed, { clock: sandbox.clock, store })
  const listening = await listen(sandbox.network, bank.route, planned.port)
  return async () => {
    await listening.close()
    bank.close()
    store.close()
  }
}

async function openSwitch(plan: Plan, { sandbox }: LabPorts): Promise<() => Promise<void>> {
  const store = storeOf(plan, 'switch')
  const { switchKey, basePort } = plan
  const { clock, network } = sandbox
  const ports = { clock, network, store, keys: { privateKeyPem: switchKey.privateKeyPem } }
  const scheme = createSwitch(switchConfigOf(plan), ports)
  const listening = await listen(network, scheme.route, basePort + portOffsets.switch)
  return async () => {
    await listening.close()
    scheme.close()
    store.close()
  }
}

function switchConfigOf({ banks }: Plan): ReturnType<typeof switchConfig> {
  const seed = readSwitchSeed()
  return switchConfig({
    name: seed.name,
    oracles: seed.oracles,
    participants: seed.participants.map(({ name, accounts }) => {
      const bank = banks.find((each) => each.seed.name === name)
      return {
        name,
        ...(bank ? { callbackUrl: bank.callbackUrl, publicKeyPem: bank.key.publicKeyPem } : {}),
        accounts,
      }
    }),
  })
}

/** Tells the switch's oracle which bank each customer is at; what it knows already stays. */
async function registerCustomers({ banks, switchUrl }: Plan, network: Network): Promise<void> {
  for (const { seed } of banks) {
    for (const { msisdn } of seed.customers) {
      const url = `${switchUrl}/admin/oracles/MSISDN/parties/${msisdn}`
      await sendJson(network, { method: 'POST', url, body: { fspId: seed.name } })
    }
  }
}

function hubConfig(plan: Plan): HubConfig {
  const { options, basePort, banks } = plan
  return {
    host,
    port: basePort,
    dataDir: options.dataDir,
    bodyBytesMax,
    lab: true,
    times: { ...labTimes, ...options.times },
    apiKeys: [],
    callbackOrigins: [],
    tenants: banks.filter(({ behindHub }) => behindHub).map((bank) => tenantOf(plan, bank)),
  }
}

function tenantOf(
  { banks, switchUrl, switchKey }: Plan,
  { seed, url, key }: PlannedBank,
): HubConfig['tenants'][number] {
  const switchId = readSwitchSeed().name
  const peers = banks.map((bank): [string, string] => [bank.seed.name, bank.key.publicKeyPem])
  return {
    fspId: seed.name,
    currency: seed.currencies[0] ?? '',
    callbackSecret: key.secret,
    fineract: {
      url: `${url}/fineract-provider/api/v1`,
      tenantId: seed.name,
      auth: { kind: 'basic', username: seed.credentials.user, password: seed.credentials.password },
      // The bank's own general ledger accounts.
      suspense: { officeId: '1', suspenseGlAccountId: '3', settlementGlAccountId: '6' },
      timeoutMs: 10_000,
    },
    mojaloop: {
      fspId: seed.name,
      switchId,
      switchUrl,
      signingKeyPem: key.privateKeyPem,
      peerKeyPems: Object.fromEntries([...peers, [switchId, switchKey.publicKeyPem]]),
      ilpSecret: key.secret,
      apiVersion: '1.1',
      timeoutMs: 10_000,
    },
  }
}

function listen(network: Network, route: Route, port: number): Promise<Listening> {
  return network.listen(route, { host, port, bodyBytesMax })
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
    for (const offset of offsets) taken.push(await listen(network, nowhere, base + offset))
    return true
  } catch {
    return false
  } finally {
    await Promise.all(taken.map((each) => each.close()))
  }
}

/** Closes all in the reverse order, whatever fails on the way; the first failure is told at the end. */
async function closeAll(opened: readonly (() => void | Promise<void>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const close of [...opened].reverse()) {
    try {
      await close()
    } catch (failure) {
      failures.push(failure)
    }
  }
  if (failures.length > 0) throw failures[0]
}
