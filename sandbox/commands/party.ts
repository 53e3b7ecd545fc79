import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openBank, openSwitch, registerCustomers, type Place } from '../lab/party.ts'
import type { Close } from '../lab/closing.ts'
import { portOffsets } from '../lab/ports.ts'
import { readSwitchSetup, setUpLab, type ClusterServers } from '../lab/setup.ts'
import type { WorldPorts } from '../lab/world.ts'
import { bankNames, readBankSeed, readSwitchSeed } from '../seed.ts'
import { openStore } from '../store.ts'
import type { Terminal } from '../terminal.ts'
import { defaultBasePort, findLab, type LabAddress } from './running-lab.ts'

/** Where a party keeps its files and listens; at its port of ARCHITECTURE.md §8 where none is said. */
export type PartyOptions = {
  readonly data: string
  readonly host: string
  readonly port?: number
}

type Ports = WorldPorts & { readonly terminal: Terminal }

/** Starts one bank and prints a line of JSON when it answers. */
export async function startBank(
  name: (typeof bankNames)[number],
  { data, host, port }: PartyOptions,
  ports: Ports,
): Promise<Close> {
  const ownPort = defaultBasePort + portOffsets.bank + bankNames.indexOf(name)
  const place = { host, port: port ?? ownPort }
  const store = storeIn(data, name)
  const close = await openBank({ seed: readBankSeed(name), place }, { ...ports, store })
  announce({ bank: name }, place, ports)
  return close
}

/** Starts the switch on what `setup` has made in its folder, and prints a line of JSON once it knows all customers. */
export async function startSwitch(
  { data, host, port }: PartyOptions,
  ports: Ports,
): Promise<Close> {
  const place = { host, port: port ?? defaultBasePort + portOffsets.switch }
  const setup = readSwitchSetup(data)
  const { name } = readSwitchSeed()
  const close = await openSwitch({ ...setup, place }, { ...ports, store: storeIn(data, name) })
  await registerCustomers(bankNames.map(readBankSeed), urlOf(reached(place)), ports.network)
  announce({ switch: name }, place, ports)
  return close
}

/** What is said to `setup`: where everybody will be, and for what kind of hub. */
export type SetupChoices = Omit<LabAddress, 'lab' | 'apiKeyFile'> &
  Partial<ClusterServers> & {
    readonly data: string
    readonly peers?: string
  }

/** Sets the parties' folders up, once, and says so. Rejects when only some of a cluster's servers are named. */
export async function setUpParties(choices: SetupChoices, ports: Ports): Promise<void> {
  const { data, peers } = choices
  const { urls } = findLab(choices, ports.network)
  const servers = serversOf(choices)
  const options = { data, urls, ...(peers ? { peers } : {}), ...(servers ? { servers } : {}) }
  const done = await setUpLab(options, ports.clock)
  const words = { made: 'is set up', kept: 'was set up before, and is kept as it is' }
  ports.terminal.line(`${data} ${words[done]}.`)
}

function serversOf({ zeebe, kafka, postgres }: SetupChoices): ClusterServers | undefined {
  const named = [zeebe, kafka, postgres].filter((each) => each !== undefined)
  if (named.length === 0) return undefined
  if (zeebe && kafka && postgres) return { zeebe, kafka, postgres }
  throw new Error('a cluster needs all of --zeebe, --kafka and --postgres')
}

function storeIn(data: string, name: string): ReturnType<typeof openStore> {
  mkdirSync(data, { recursive: true })
  return openStore(join(data, `${name}.db`))
}

function announce(who: object, place: Place, { terminal }: Ports): void {
  terminal.line(JSON.stringify({ ...who, url: urlOf(place) }))
}

/** Who listens on every address of this machine is reached on its own. */
function reached({ host, port }: Place): Place {
  return { host: host === '0.0.0.0' ? '127.0.0.1' : host, port }
}

function urlOf({ host, port }: Place): string {
  return `http://${host}:${String(port)}`
}
