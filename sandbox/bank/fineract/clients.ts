import type { HttpResponse } from '../../http.ts'
import type { RoutedRequest, RouteLine } from '../../router.ts'
import type { Accounts, Client, SavingsAccount } from '../ledger/accounts.ts'
import type { Desk } from './desk.ts'
import { notFound } from './error.ts'
import type { JsonOut } from './json.ts'
import { accountNoOf, accountSummaryJson, dayJson, displayNameOf, statusJson } from './views.ts'

/** What the client routes work with. */
export type ClientParts = { readonly desk: Desk; readonly accounts: Accounts }

/** Who the customers are, which accounts they have, and how to find either. */
export function clientLines(parts: ClientParts): readonly RouteLine[] {
  const { desk, accounts } = parts
  return [
    {
      method: 'GET',
      path: '/clients/:id',
      route: (routed) =>
        desk.read(routed, 'read-client', () => clientJson(clientOf(accounts, routed))),
    },
    {
      method: 'GET',
      path: '/clients/:id/accounts',
      route: (routed) =>
        desk.read(routed, 'read-client', () => ({
          savingsAccounts: accounts.ofClient(clientOf(accounts, routed).id).map(accountSummaryJson),
        })),
    },
    { method: 'GET', path: '/search', route: (routed) => search(parts, routed) },
  ]
}

function clientOf(accounts: Accounts, { params }: RoutedRequest): Client {
  const name = params['id'] ?? ''
  const client = /^\d{1,18}$/.test(name) ? accounts.client(BigInt(name)) : undefined
  if (client) return client
  const code = 'error.msg.client.id.invalid'
  throw notFound(code, `Client with identifier ${name} does not exist`, name)
}

function clientJson(client: Client): JsonOut {
  return {
    id: client.id,
    accountNo: accountNoOf(client.id),
    externalId: client.msisdn,
    status: { id: 300n, code: 'clientStatusType.active', value: 'Active' },
    active: true,
    activationDate: dayJson(client.joinedOn),
    firstname: client.firstName,
    lastname: client.lastName,
    displayName: displayNameOf(client),
    mobileNo: client.msisdn,
    dateOfBirth: dayJson(client.dateOfBirth),
    gender: { id: client.gender === 'female' ? 22n : 23n, name: client.gender, isActive: true },
    officeId: 1n,
    officeName: 'Head Office',
    timeline: { activatedOnDate: dayJson(client.joinedOn) },
  }
}

type Match = (text: string) => boolean

function search({ desk, accounts }: ClientParts, routed: RoutedRequest): Promise<HttpResponse> {
  return desk.read(routed, 'search', () => {
    const query = (routed.query.get('query') ?? '').toLowerCase()
    const exact = routed.query.get('exactMatch') === 'true'
    const fits: Match = (text) =>
      exact ? text.toLowerCase() === query : query !== '' && text.toLowerCase().includes(query)
    const resources = routed.query.get('resource')?.split(',') ?? ['clients', 'savings']
    const clients = accounts.clients()
    return [
      ...(resources.includes('clients')
        ? clients.filter((each) => isClientFound(each, fits))
        : []
      ).map(clientHit),
      ...(resources.includes('savings') ? clients : []).flatMap((client) =>
        accounts
          .ofClient(client.id)
          .filter((account) => fits(account.accountId) || fits(accountNoOf(account.id)))
          .map((account) => accountHit(account, client)),
      ),
    ]
  })
}

function isClientFound(client: Client, fits: Match): boolean {
  return fits(displayNameOf(client)) || fits(client.msisdn) || fits(accountNoOf(client.id))
}

function clientHit(client: Client): JsonOut {
  return {
    entityId: client.id,
    entityAccountNo: accountNoOf(client.id),
    entityExternalId: client.msisdn,
    entityName: displayNameOf(client),
    entityType: 'CLIENT',
    entityMobileNo: client.msisdn,
    parentId: 1n,
    parentName: 'Head Office',
    entityStatus: { id: 300n, code: 'clientStatusType.active', value: 'Active' },
  }
}

function accountHit(account: SavingsAccount, client: Client): JsonOut {
  return {
    entityId: account.id,
    entityAccountNo: accountNoOf(account.id),
    entityExternalId: account.accountId,
    entityName: 'Kivuko savings',
    entityType: 'SAVING',
    parentId: client.id,
    parentName: displayNameOf(client),
    entityStatus: statusJson(account.state),
  }
}
