import { createBank, type OwnFeet } from '../bank/bank.ts'
import type { Clock } from '../clock.ts'
import type { HttpClient, Listening, Network } from '../http.ts'
import { sendJson } from '../json-client.ts'
import { readSwitchSeed, type BankSeed } from '../seed.ts'
import type { Store } from '../store.ts'
import { switchConfig, type ParticipantSeed } from '../switch/config.ts'
import { createSwitch } from '../switch/switch.ts'
import type { Close } from './closing.ts'

/** Where a party listens. */
export type Place = { readonly host: string; readonly port: number }

/** What a party is opened on; the store is closed with it. */
export type PartyPorts = {
  readonly network: Network
  readonly clock: Clock
  readonly store: Store
}

/** How the switch reaches a participant, and knows what it signs. */
export type Participant = Pick<ParticipantSeed, 'name' | 'callbackUrl' | 'publicKeyPem'>

/** FSPIOP's own limit. */
export const bodyBytesMax = 5_242_880

/** Opens one bank at its place; with feet of its own it speaks FSPIOP too. Rejects with one sentence when it cannot listen. */
export function openBank(
  {
    seed,
    feet,
    place,
  }: { readonly seed: BankSeed; readonly feet?: OwnFeet; readonly place: Place },
  { network, clock, store }: PartyPorts,
): Promise<Close> {
  const bank = createBank(seed, { clock, store }, feet)
  const close = (): void => {
    bank.close()
    store.close()
  }
  return closing(close, () => network.listen(bank.route, { ...place, bodyBytesMax }))
}

/** What a switch is opened with: its key, and whom its scheme connects beside what the seed says of them. */
export type SwitchOptions = {
  readonly privateKeyPem: string
  readonly participants: readonly Participant[]
  readonly place: Place
}

/** Opens the switch at its place, as its seed says. Rejects with one sentence when it cannot listen. */
export function openSwitch(
  { privateKeyPem, participants, place }: SwitchOptions,
  { network, clock, store }: PartyPorts,
): Promise<Close> {
  const config = switchConfigOf(participants)
  const scheme = createSwitch(config, { clock, network, store, keys: { privateKeyPem } })
  const close = (): void => {
    scheme.close()
    store.close()
  }
  // More than FSPIOP allows, so that the switch itself can say so in FSPIOP's words (3104).
  const limits = { bodyBytesMax: 2 * bodyBytesMax }
  return closing(close, () => network.listen(scheme.route, { ...place, ...limits }))
}

/** Tells the switch's oracle which bank each customer is at; what it knows already stays. */
export async function registerCustomers(
  banks: readonly BankSeed[],
  switchUrl: string,
  http: HttpClient,
): Promise<void> {
  for (const { name, customers } of banks) {
    for (const { msisdn } of customers) {
      const url = `${switchUrl}/admin/oracles/MSISDN/parties/${msisdn}`
      await sendJson(http, { method: 'POST', url, body: { fspId: name } })
    }
  }
}

function switchConfigOf(known: readonly Participant[]): ReturnType<typeof switchConfig> {
  const { name, oracles, participants } = readSwitchSeed()
  return switchConfig({
    name,
    oracles,
    participants: participants.map((seed) => ({
      ...known.find((each) => each.name === seed.name),
      ...seed,
    })),
  })
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
