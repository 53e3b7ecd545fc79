import type { SwitchConfig } from './config.ts'
import type { Accounts } from './ledger/accounts.ts'
import type { Funds } from './settlement/funds.ts'
import { minorUnitsOf } from './ledger/money.ts'
import { callbackBase, type Participants } from './ledger/participants.ts'
import { addModel, deferredNet } from './settlement/model.ts'
import type { Oracle } from './relay/oracle.ts'
import type { Store } from '../store.ts'

type SeedPorts = {
  readonly store: Store
  readonly participants: Participants
  readonly accounts: Accounts
  readonly funds: Funds
  readonly oracle: Oracle
}

/** The participant that holds the scheme's own accounts; it sends and receives nothing. */
export const hubName = 'Hub'

/**
 * Adds what the configuration names and the store has not: participants, accounts, caps, liquidity, oracles. Callback URLs
 * and public keys are taken over at every start; everything else that an admin changed stays. Inside a transaction.
 */
export function applySeed(config: SwitchConfig, ports: SeedPorts): void {
  addModel(ports.store, deferredNet)
  for (const type of config.oracles) ports.oracle.addType(type)
  for (const seed of config.participants) {
    ports.participants.add(seed.name)
    if (seed.callbackUrl) ports.participants.setEndpoint(seed.name, callbackBase, seed.callbackUrl)
    if (seed.publicKeyPem) ports.participants.setPublicKey(seed.name, seed.publicKeyPem)
    for (const account of seed.accounts) applyAccount(ports, seed.name, account)
  }
}

function applyAccount(
  { accounts, funds }: SeedPorts,
  participant: string,
  seed: SwitchConfig['participants'][number]['accounts'][number],
): void {
  const { currency } = seed
  openHubAccounts(accounts, currency)
  if (accounts.find(participant, currency, 'POSITION')) return
  accounts.open({ participant, currency, type: 'POSITION', isActive: true })
  const cover = accounts.open({ participant, currency, type: 'SETTLEMENT', isActive: true })
  accounts.setLimit(participant, currency, {
    value: unitsOfSeed(seed.netDebitCap, currency),
    alarmPercentage: 10,
  })
  const amount = unitsOfSeed(seed.liquidity, currency)
  const movementId = `seed-${participant}-${currency}`
  if (amount > 0n) funds.payIn(cover, { movementId, amount, reason: 'seed' })
}

/** The scheme's own accounts in a currency, without which no participant can have it. */
export function openHubAccounts(accounts: Accounts, currency: string): void {
  for (const type of ['HUB_MULTILATERAL_SETTLEMENT', 'HUB_RECONCILIATION'] as const) {
    accounts.open({ participant: hubName, currency, type, isActive: true })
  }
}

function unitsOfSeed(amount: string, currency: string): bigint {
  const units = minorUnitsOf(amount, currency)
  if (units === undefined) throw new Error(`${amount} is no amount of ${currency}`)
  return units
}
