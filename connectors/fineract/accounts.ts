import type { Clock } from '../../hub/clock.ts'
import { Unavailable, type CoreAccount } from '../../hub/connector.ts'
import type { PartyId } from '../../hub/domain/party.ts'
import { refusal, type Reason, type Refusal } from '../../hub/domain/refusal.ts'
import type { Role } from '../../hub/domain/transfer.ts'
import { isNo, type CoreClient, type CoreNo } from './client.ts'
import {
  accountSchema,
  clientAccountsSchema,
  clientSchema,
  isOpen,
  partyMissingCode,
  partySchema,
  type ClientAccount,
} from './wire.ts'

/** Reads accounts and who they belong to. Whatever cannot be read throws `Unavailable`. */
export type Accounts = {
  readonly describeParty: (party: PartyId) => Promise<CoreAccount['party'] | Refusal>
  readonly find: (party: PartyId, currency: string, role: Role) => Promise<CoreAccount | Refusal>
}

const why = {
  unknown: 'nobody is registered at the core under this identifier',
  blocked: 'the account is not open for this',
  currency: 'the client has no open account in this currency',
} as const

const no = {
  payer: {
    unknown: 'payer-not-found',
    blocked: 'payer-blocked',
    currency: 'payer-currency-not-held',
  },
  payee: {
    unknown: 'payee-not-found',
    blocked: 'payee-blocked',
    currency: 'payee-currency-not-held',
  },
} as const satisfies Record<Role, Record<keyof typeof why, Reason>>

function refuse(role: Role, kind: keyof typeof why): Refusal {
  return refusal(no[role][kind], why[kind])
}

/** The address of a party in interoperation; Fineract tells a sub-id as one more part. */
export function partyPath(party: PartyId): string {
  const parts = [party.type, party.identifier, ...(party.subId === undefined ? [] : [party.subId])]
  return `/interoperation/parties/${parts.map(encodeURIComponent).join('/')}`
}

/** Makes the reader of accounts at one core. */
export function createAccounts(client: CoreClient, clock: Clock): Accounts {
  const describe = createDescriber(client, clock)
  const openInCurrency = async (
    clientId: string,
    currency: string,
    role: Role,
  ): Promise<string | Refusal> => {
    const held = (await accountsOf(client, clientId)).filter(
      (account) => account.currency.code === currency,
    )
    const open = held.find((account) => isOpen(account, role) && account.externalId)
    if (open?.externalId) return open.externalId
    return refuse(role, held.length === 0 ? 'currency' : 'blocked')
  }
  return {
    describeParty: async (party) => {
      const account = await registeredAccount(client, party)
      return account === undefined ? refuse('payee', 'unknown') : describe(account.clientId)
    },
    find: async (party, currency, role) => {
      const account = await registeredAccount(client, party)
      if (account === undefined) return refuse(role, 'unknown')
      if (account.currency === currency && !isOpen(account, role)) return refuse(role, 'blocked')
      const accountId =
        account.currency === currency
          ? account.accountId
          : await openInCurrency(account.clientId, currency, role)
      if (typeof accountId !== 'string') return accountId
      return { accountId, currency, party: await describe(account.clientId) }
    },
  }
}

async function registeredAccount(client: CoreClient, party: PartyId) {
  const registered = await client.ask(
    { method: 'GET', path: partyPath(party), name: 'find-party' },
    partySchema,
  )
  if (!isNo(registered)) return readAccount(client, registered.accountId)
  return registered.code === partyMissingCode ? undefined : unreadable(registered)
}

async function readAccount(client: CoreClient, accountId: string) {
  const account = await client.ask(
    {
      method: 'GET',
      path: `/interoperation/accounts/${encodeURIComponent(accountId)}`,
      name: 'read-account',
    },
    accountSchema,
  )
  return isNo(account) ? unreadable(account) : account
}

async function accountsOf(client: CoreClient, clientId: string): Promise<readonly ClientAccount[]> {
  const accounts = await client.ask(
    { method: 'GET', path: `/clients/${clientId}/accounts`, name: 'list-accounts' },
    clientAccountsSchema,
  )
  return isNo(accounts) ? unreadable(accounts) : accounts.savingsAccounts
}

function unreadable({ status, code }: CoreNo): never {
  throw new Unavailable(`the core answered ${status} ${code}`)
}

const nameKeptMs = 60_000
const namesKeptMax = 10_000

/** Names of clients are asked with each lookup and seldom change: one that was read is kept for a minute. */
function createDescriber(
  client: CoreClient,
  clock: Clock,
): (clientId: string) => Promise<CoreAccount['party']> {
  const kept = new Map<string, { readonly party: CoreAccount['party']; readonly untilMs: number }>()
  return async (clientId) => {
    const known = kept.get(clientId)
    if (known !== undefined && clock.now() < known.untilMs) return known.party
    const party = await readClient(client, clientId)
    if (kept.size >= namesKeptMax) kept.clear()
    kept.set(clientId, { party, untilMs: clock.now() + nameKeptMs })
    return party
  }
}

async function readClient(client: CoreClient, clientId: string): Promise<CoreAccount['party']> {
  const read = await client.ask(
    { method: 'GET', path: `/clients/${clientId}`, name: 'read-client' },
    clientSchema,
  )
  if (isNo(read)) return unreadable(read)
  const { displayName, firstname, lastname } = read
  return {
    ...(firstname ? { firstName: firstname } : {}),
    ...(lastname ? { lastName: lastname } : {}),
    ...(displayName ? { displayName } : {}),
  }
}
