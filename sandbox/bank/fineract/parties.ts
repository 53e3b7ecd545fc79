import type { HttpResponse } from '../../http.ts'
import type { PathParams, RoutedRequest, RouteLine } from '../../router.ts'
import type { Accounts, Identifier, SavingsAccount } from '../ledger/accounts.ts'
import type { Savings, SavingsTransaction } from '../ledger/savings.ts'
import { available } from '../steps.ts'
import { openBody } from './body.ts'
import type { Desk } from './desk.ts'
import { accountUnknown, integrityBroken, notFound } from './error.ts'
import { readExactJson, type JsonOut } from './json.ts'
import { amountJson, dayJson, savingsProduct, transactionTypeNames } from './views.ts'

/** What the party and account routes work with. */
export type PartyParts = {
  readonly desk: Desk
  readonly accounts: Accounts
  readonly savings: Savings
}

const idTypes = [
  'MSISDN',
  'EMAIL',
  'PERSONAL_ID',
  'BUSINESS',
  'DEVICE',
  'ACCOUNT_ID',
  'IBAN',
  'ALIAS',
  'BBAN',
]

/** Who is behind an identifier, and what her account says of itself. Accounts go by their external id here. */
export function partyLines(parts: PartyParts): readonly RouteLine[] {
  const party = '/interoperation/parties/:idType/:idValue'
  const account = '/interoperation/accounts/:accountId'
  const lines = [party, `${party}/:subId`].flatMap((path) => [
    { method: 'GET', path, route: (routed: RoutedRequest) => findParty(parts, routed) },
    { method: 'POST', path, route: (routed: RoutedRequest) => registerParty(parts, routed) },
    { method: 'DELETE', path, route: (routed: RoutedRequest) => removeParty(parts, routed) },
  ])
  const read = (path: string, view: View): RouteLine => ({
    method: 'GET',
    path,
    route: (routed) =>
      parts.desk.read(routed, 'read-account', () =>
        view(parts, accountNamed(parts.accounts, routed.params), routed),
      ),
  })
  return [
    ...lines,
    read(account, accountJson),
    read(`${account}/transactions`, statementJson),
    read(`${account}/identifiers`, (_, { id }) => ({ identifiers: identifiersJson(parts, id) })),
    read(`${account}/kyc`, kycJson),
  ]
}

type View = (parts: PartyParts, account: SavingsAccount, routed: RoutedRequest) => JsonOut

function findParty({ desk, accounts }: PartyParts, routed: RoutedRequest): Promise<HttpResponse> {
  return desk.read(routed, 'find-party', () => {
    const found = accounts.identifier(identifierOf(routed.params))
    const account = found && accounts.byId(found.savingsId)
    if (!account) throw partyUnknown(routed.params)
    return { resourceId: found.id, accountId: account.accountId }
  })
}

function registerParty(
  { desk, accounts }: PartyParts,
  routed: RoutedRequest,
): Promise<HttpResponse> {
  const run = (): JsonOut => {
    const json = readExactJson(routed.request.bytes)
    const body = openBody(json, 'interoperation.identifier', ['accountId'])
    const accountId = body.text('accountId')
    body.verify()
    const account = accountNamed(accounts, { accountId })
    const key = identifierOf(routed.params)
    const added = accounts.addIdentifier(key, account.id)
    if (added === 'account') {
      throw integrityBroken(
        'error.msg.interop.duplicate.account.identifier',
        `Account identifier of type \`${key.idType}' already exists for account with externalId \`${accountId}\``,
      )
    }
    if (added === 'value') {
      throw integrityBroken(
        'error.msg.interop.unknown.data.integrity.issue',
        'Unknown data integrity issue with resource.',
      )
    }
    return { resourceId: added, accountId }
  }
  const operation = 'register-party'
  return desk.command(routed, { action: 'CREATE', entity: 'INTERID', operation, run })
}

function removeParty({ desk, accounts }: PartyParts, routed: RoutedRequest): Promise<HttpResponse> {
  const run = (): JsonOut => {
    const found = accounts.identifier(identifierOf(routed.params))
    if (!found) throw partyUnknown(routed.params)
    accounts.removeIdentifier(found.id)
    const account = accounts.byId(found.savingsId)
    return { resourceId: found.id, accountId: account?.accountId }
  }
  const operation = 'remove-party'
  return desk.command(routed, { action: 'DELETE', entity: 'INTERID', operation, run })
}

function identifierOf(params: PathParams): Identifier {
  const { idType = '', idValue = '', subId = '' } = params
  if (!idTypes.includes(idType)) throw partyUnknown(params)
  return { idType, idValue, subId }
}

function partyUnknown(params: PathParams): Error {
  const path = Object.values(params).join('/')
  const code = 'error.msg.interop.account.not.found'
  return notFound(code, `Account not found for identifier ${path}`)
}

function accountNamed(accounts: Accounts, params: PathParams): SavingsAccount {
  const { accountId = '' } = params
  const account = accounts.byAccountId(accountId)
  if (!account) throw accountUnknown(accountId)
  return account
}

function identifiersJson({ accounts }: PartyParts, savingsId: bigint): JsonOut {
  return accounts.identifiersOf(savingsId).map(({ idType, idValue, subId }) => ({
    idType,
    idValue,
    subIdOrType: subId === '' ? undefined : subId,
  }))
}

function accountJson(parts: PartyParts, account: SavingsAccount): JsonOut {
  const { currency } = account
  return {
    resourceId: account.id,
    clientId: account.clientId,
    accountId: account.accountId,
    savingProductId: String(savingsProduct.id),
    productName: savingsProduct.name,
    shortProductName: savingsProduct.shortName,
    currency,
    accountBalance: amountJson(account.balance, currency),
    availableBalance: amountJson(available(account), currency),
    status: account.state === 'closed' ? 'CLOSED' : 'ACTIVE',
    subStatus: account.state === 'frozen' ? 'BLOCK' : 'NONE',
    accountType: 'INDIVIDUAL',
    depositType: 'SAVINGS_DEPOSIT',
    activatedOn: dayJson(account.openedOn),
    statusUpdateOn: dayJson(account.openedOn),
    identifiers: identifiersJson(parts, account.id),
  }
}

function statementJson(
  parts: PartyParts,
  account: SavingsAccount,
  { query }: RoutedRequest,
): JsonOut {
  const wanted = { debit: query.get('debit') !== 'false', credit: query.get('credit') !== 'false' }
  const from = query.get('fromBookingDateTime')?.slice(0, 10)
  const to = query.get('toBookingDateTime')?.slice(0, 10)
  const fits = (transaction: SavingsTransaction): boolean => {
    const day = transaction.at.slice(0, 10)
    // The filter knows days only, as Fineract's does.
    if ((from !== undefined && day < from) || (to !== undefined && day > to)) return false
    return isCredit(transaction) ? wanted.credit : wanted.debit
  }
  const lines = parts.savings.ofAccount(account.id).filter(fits)
  return { transactions: lines.map((each) => interopTransactionJson(each, account)) }
}

function isCredit({ kind }: SavingsTransaction): boolean {
  return kind === 'deposit' || kind === 'release'
}

function interopTransactionJson(transaction: SavingsTransaction, account: SavingsAccount): JsonOut {
  const { currency } = account
  return {
    accountId: account.accountId,
    savingTransactionId: transaction.id.toString(),
    transactionType: transactionTypeNames[transaction.kind],
    amount: amountJson(transaction.amount, currency),
    currency,
    accountBalance: amountJson(transaction.runningBalance, currency),
    bookingDateTime: dayJson(transaction.at),
    valueDateTime: dayJson(transaction.at),
    note: transaction.note ?? transactionTypeNames[transaction.kind],
  }
}

function kycJson({ accounts }: PartyParts, account: SavingsAccount): JsonOut {
  const client = accounts.client(account.clientId)
  if (!client) throw notFound('error.msg.interop.kyc.data.not.found', 'No KYC data')
  return {
    nationality: 'KE',
    dateOfBirth: client.dateOfBirth,
    contactPhone: client.msisdn,
    gender: client.gender,
    firstName: client.firstName,
    lastName: client.lastName,
    displayName: `${client.firstName} ${client.lastName}`,
  }
}
