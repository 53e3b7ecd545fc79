import { join } from 'node:path'
import type { OwnFeet } from '../bank/bank.ts'
import type { Clock } from '../clock.ts'
import type { Network } from '../http.ts'
import { openStore, type Store } from '../store.ts'
import { closeAll, type Close } from './closing.ts'
import { openBank, openSwitch, registerCustomers } from './party.ts'
import { host, participantOf, type Plan, type PlannedBank } from './plan.ts'

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
  const { banks, switchKey, switchPort, switchUrl } = plan
  const opened: Close[] = []
  try {
    for (const planned of banks.filter(isSimulated)) {
      const { seed, port, isDirect } = planned
      const feet = isDirect ? { feet: feetOf(plan, planned, ports.network) } : {}
      const bank = { seed, place: { host, port }, ...feet }
      opened.push(await openBank(bank, { ...ports, store: storeOf(plan, seed.name, ports) }))
    }
    const { privateKeyPem } = switchKey
    const participants = banks.map(participantOf)
    const scheme = { privateKeyPem, participants, place: { host, port: switchPort } }
    opened.push(await openSwitch(scheme, { ...ports, store: storeOf(plan, 'switch', ports) }))
    await registerCustomers(
      banks.map(({ seed }) => seed),
      switchUrl,
      ports.network,
    )
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
