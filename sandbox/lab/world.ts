import { join } from 'node:path'
import { createBank, type OwnFeet } from '../bank/bank.ts'
import type { Clock } from '../clock.ts'
import type { Listening, Network } from '../http.ts'
import { sendJson } from '../json-client.ts'
import { readSwitchSeed } from '../seed.ts'
import { openStore, type Store } from '../store.ts'
import { switchConfig } from '../switch/config.ts'
import { createSwitch } from '../switch/switch.ts'
import { closeAll, type Close } from './closing.ts'
import { bodyBytesMax, listenAt, type Plan, type PlannedBank } from './plan.ts'

/** What the outside world runs on: sockets and the system's clock, or a simulator's. */
export type WorldPorts = {
  readonly network: Network
  readonly clock: Clock
  /** The system's disk, unless a simulator brings its own. */
  readonly open?: (file: string) => Store
}

/**
 * Opens the world outside the hub: the banks that nobody replaces and the switch, each on its file and its port, the
 * switch's oracle knowing all customers. Returns what closes it. Rejects with one sentence when a port or a file is in use.
 */
export async function openWorld(plan: Plan, ports: WorldPorts): Promise<Close> {
  const opened: Close[] = []
  try {
    for (const bank of plan.banks.filter(isSimulated)) {
      opened.push(await openBank(plan, bank, ports))
    }
    opened.push(await openSwitch(plan, ports))
    await registerCustomers(plan, ports.network)
    return () => closeAll(opened)
  } catch (failure) {
    await closeAll(opened)
    throw failure
  }
}

/** A bank that is neither behind the hub nor on its own feet is somebody's own system, elsewhere. */
function isSimulated({ behindHub, isDirect }: PlannedBank): boolean {
  return behindHub || isDirect
}

function storeOf({ dataDir }: Plan, name: string, { open = openStore }: WorldPorts): Store {
  return open(dataDir === ':memory:' ? ':memory:' : join(dataDir, `${name}.db`))
}

function openBank(plan: Plan, planned: PlannedBank, ports: WorldPorts): Promise<Close> {
  const { network, clock } = ports
  const store = storeOf(plan, planned.seed.name, ports)
  const feet = planned.isDirect ? feetOf(plan, planned, network) : undefined
  const bank = createBank(planned.seed, { clock, store }, feet)
  const close = (): void => {
    bank.close()
    store.close()
  }
  return closing(close, () => listenAt(network, bank.route, { port: planned.port }))
}

/** A bank on its own feet knows what the hub knows of a bank that it speaks for: keys, the switch, times. */
function feetOf(plan: Plan, { seed, key }: PlannedBank, http: Network): OwnFeet {
  const { banks, switchId, switchUrl, switchKey, times } = plan
  const peers = banks.map((bank): [string, string] => [bank.seed.name, bank.key.publicKeyPem])
  return {
    http,
    config: {
      fspId: seed.name,
      switchId,
      switchUrl,
      privateKeyPem: key.privateKeyPem,
      peerKeyPems: Object.fromEntries([...peers, [switchId, switchKey.publicKeyPem]]),
      ilpSecret: key.secret,
      times,
    },
  }
}

function openSwitch(plan: Plan, ports: WorldPorts): Promise<Close> {
  const { network, clock } = ports
  const store = storeOf(plan, 'switch', ports)
  const { switchKey, switchPort } = plan
  const keys = { privateKeyPem: switchKey.privateKeyPem }
  const scheme = createSwitch(switchConfigOf(plan), { clock, network, store, keys })
  const close = (): void => {
    scheme.close()
    store.close()
  }
  // More than FSPIOP allows, so that the switch itself can say so in FSPIOP's words (3104).
  const bytesMax = 2 * bodyBytesMax
  return closing(close, () => listenAt(network, scheme.route, { port: switchPort, bytesMax }))
}

/** Listens; what lies behind the port is closed with it, and also when the port cannot be had. */
async function closing(close: () => void, listen: () => Promise<Listening>): Promise<Close> {
  try {
    const listening = await listen()
    return async () => {
      await listening.close()
      close()
    }
  } catch (failure) {
    close()
    throw failure
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
