import type { HttpResponse } from '../../http.ts'
import { isCurrency } from '../../money.ts'
import type { RoutedRequest, RouteLine } from '../../router.ts'
import type { Accounts, SavingsAccount } from '../ledger/accounts.ts'
import { glKinds, type GlKind, type Ledger, type Leg } from '../ledger/ledger.ts'
import type { Savings } from '../ledger/savings.ts'
import { refuse } from '../refusal.ts'
import { available } from '../steps.ts'
import { openBody, type Body } from './body.ts'
import type { Desk } from './desk.ts'
import { accountUnknown, badRequest, insufficientFunds, notFound } from './error.ts'
import { refusalError, ruleBroken } from './error.ts'
import { readExactJson, type JsonOut } from './json.ts'
import { assertCash, assertOpen } from './savings.ts'
import { paymentTypes } from './views.ts'

/** What the accounting routes work with; `now` is the time in ISO 8601. */
export type AccountingParts = {
  readonly desk: Desk
  readonly accounts: Accounts
  readonly savings: Savings
  readonly ledger: Ledger
  readonly now: () => string
}

/** Transfers between two customers, postings to the bank's own accounts, and the lists that these need. */
export function accountingLines(parts: AccountingParts): readonly RouteLine[] {
  const { desk } = parts
  return [
    { method: 'POST', path: '/accounttransfers', route: (routed) => transferWithin(parts, routed) },
    { method: 'POST', path: '/journalentries', route: (routed) => postJournal(parts, routed) },
    {
      method: 'POST',
      path: '/journalentries/:transactionId',
      route: (routed) => reverseJournal(parts, routed),
    },
    {
      method: 'GET',
      path: '/glaccounts',
      route: (routed) => desk.read(routed, 'read-books', () => glAccounts.map(glAccountJson)),
    },
    {
      method: 'GET',
      path: '/paymenttypes',
      route: (routed) => desk.read(routed, 'read-books', () => paymentTypes),
    },
  ]
}

/** Numbers of the bank's own accounts; customers' savings are moved through savings only. */
const glAccounts = glKinds.map((kind, index) => ({ id: BigInt(index + 1), kind }))

function glAccountJson({ id, kind }: (typeof glAccounts)[number]): JsonOut {
  return {
    id,
    name: kind,
    glCode: `${id.toString()}000`,
    disabled: false,
    manualEntriesAllowed: kind !== 'customers',
  }
}

const transferKeys = [
  ...['from', 'to'].flatMap((side) =>
    ['OfficeId', 'ClientId', 'AccountType', 'AccountId'].map((name) => side + name),
  ),
  'transferDate',
  'transferAmount',
  'transferDescription',
  'locale',
  'dateFormat',
]

function transferWithin(parts: AccountingParts, routed: RoutedRequest): Promise<HttpResponse> {
  const { desk, accounts, savings } = parts
  const run = (): JsonOut => {
    const body = openBody(readExactJson(routed.request.bytes), 'accounttransfer', transferKeys)
    const from = savingsNamed(accounts, body, 'from')
    const to = savingsNamed(accounts, body, 'to')
    body.date('transferDate')
    const amount = body.amount('transferAmount', from.currency)
    const reference = body.text('transferDescription')
    body.verify()
    if (from.currency !== to.currency) {
      throw refusalError(refuse('currency-differs', from.currency, to.currency))
    }
    assertOpen(from)
    assertOpen(to)
    if (available(from) < amount) throw insufficientFunds(from.accountId)
    const movement = { amount, at: parts.now(), reference, note: reference }
    const contra = { kind: 'customers', savingsId: to.id } as const
    const resourceId = savings.move({ ...movement, account: from, kind: 'withdrawal', contra })
    const journalId = savings.find(resourceId)?.journalId
    if (journalId === undefined) throw new Error('a transfer without a journal entry')
    savings.mirror({ ...movement, account: to, kind: 'deposit', contra }, journalId)
    return { savingsId: from.id, resourceId }
  }
  const operation = 'transfer-within'
  return desk.command(routed, { action: 'CREATE', entity: 'ACCOUNTTRANSFER', operation, run })
}

/** Only savings (2) transfer to savings here; a loan (1) is refused. */
function savingsNamed(accounts: Accounts, body: Body, side: 'from' | 'to'): SavingsAccount {
  const clientId = body.id(`${side}ClientId`)
  const id = body.id(`${side}AccountId`)
  body.optionalId(`${side}OfficeId`)
  if (body.id(`${side}AccountType`) !== 2n) {
    const code = 'error.msg.accounttransfer.account.type.not.supported'
    throw badRequest([{ code, message: 'Only savings accounts, type 2' }])
  }
  const account = accounts.byId(id)
  if (account?.clientId !== clientId) throw accountUnknown(id.toString())
  return account
}

const journalKeys = [
  'officeId',
  'transactionDate',
  'currencyCode',
  'debits',
  'credits',
  'referenceNumber',
  'comments',
  'paymentTypeId',
  'accountNumber',
  'checkNumber',
  'receiptNumber',
  'routingCode',
  'bankNumber',
  'locale',
  'dateFormat',
]

/** Entries of people carry this mark, which lets them be reversed; those of savings are undone there. */
const manual = 'manual: '

function postJournal(
  { desk, ledger, now }: AccountingParts,
  routed: RoutedRequest,
): Promise<HttpResponse> {
  const run = (): JsonOut => {
    const body = openBody(readExactJson(routed.request.bytes), 'GLJournalEntry', journalKeys)
    body.id('officeId')
    body.date('transactionDate')
    const currency = body.text('currencyCode')
    if (!isCurrency(currency)) throw refusalError(refuse('currency-differs', currency, 'KES'))
    const legs = [...sideOf(body, 'debits', currency), ...sideOf(body, 'credits', currency)]
    const reference = body.optionalText('referenceNumber') ?? body.optionalText('comments') ?? ''
    body.verify()
    if (legs.reduce((sum, { amount }) => sum + amount, 0n) !== 0n) {
      const code = 'error.msg.glJournalEntry.invalid.mismatch.debits.credits'
      throw ruleBroken(code, 'Sum of All Credits must equal the sum of all Debits')
    }
    assertCashFor(ledger, currency, legs)
    const id = ledger.post({ at: now(), currency, reference: manual + reference, legs })
    return { officeId: 1n, transactionId: id.toString() }
  }
  const operation = 'post-journal'
  return desk.command(routed, { action: 'CREATE', entity: 'JOURNALENTRY', operation, run })
}

function sideOf(body: Body, side: 'debits' | 'credits', currency: string): readonly Leg[] {
  return body.list(side, ['glAccountId', 'amount', 'comments']).map((line) => {
    const units = line.amount('amount', currency)
    return { kind: manualKind(line.id('glAccountId')), amount: side === 'debits' ? units : -units }
  })
}

function manualKind(id: bigint): Exclude<GlKind, 'customers'> {
  const kind = glAccounts.find((account) => account.id === id)?.kind
  if (kind === undefined) {
    const code = 'error.msg.glaccount.id.invalid'
    throw notFound(code, `General Ledger account with identifier ${id.toString()} does not exist`)
  }
  if (kind !== 'customers') return kind
  const code = 'error.msg.glJournalEntry.invalid.account.manual.adjustments.not.permitted'
  throw ruleBroken(code, 'Target account does not allow manual adjustments')
}

function assertCashFor(ledger: Ledger, currency: string, legs: readonly Leg[]): void {
  const change = legs.reduce((sum, leg) => (leg.kind === 'cash' ? sum + leg.amount : sum), 0n)
  if (change < 0n) assertCash(ledger, currency, -change)
}

function reverseJournal(
  { desk, ledger, now }: AccountingParts,
  routed: RoutedRequest,
): Promise<HttpResponse> {
  const name = routed.params['transactionId'] ?? ''
  const run = (): JsonOut => {
    if (routed.query.get('command') !== 'reverse') {
      const code = 'error.msg.unrecognized.parameter.command'
      throw badRequest([{ code, message: 'command is reverse', parameter: 'command' }])
    }
    const entry = /^\d{1,18}$/.test(name) ? ledger.find(BigInt(name)) : undefined
    if (!entry) throw notFound('error.msg.journalEntries.id.invalid', `No journal entry ${name}`)
    if (!entry.reference.startsWith(manual) || entry.reversed) {
      throw ruleBroken('error.msg.glJournalEntry.not.reversible', 'Only manual entries, and once')
    }
    const opposite = entry.legs.map((leg) => ({ ...leg, amount: -leg.amount }))
    assertCashFor(ledger, entry.currency, opposite)
    return { officeId: 1n, transactionId: ledger.reverse(BigInt(name), now()).toString() }
  }
  const operation = 'post-journal'
  return desk.command(routed, { action: 'REVERSE', entity: 'JOURNALENTRY', operation, run })
}
