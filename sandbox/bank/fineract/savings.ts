import type { HttpResponse } from '../../http.ts'
import type { RoutedRequest, RouteLine } from '../../router.ts'
import type { Accounts, SavingsAccount } from '../ledger/accounts.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { PaymentDetail, Savings, SavingsTransaction } from '../ledger/savings.ts'
import type { Transfers } from '../ledger/transfers.ts'
import { refuse } from '../refusal.ts'
import { available } from '../steps.ts'
import { openBody, type Body } from './body.ts'
import type { Desk } from './desk.ts'
import { accountUnknown, badRequest, insufficientFunds, notFound } from './error.ts'
import { refusalError, ruleBroken } from './error.ts'
import { readExactJson, type JsonOut } from './json.ts'
import { savingsAccountJson } from './views.ts'

/** What the savings routes work with; `now` is the time in ISO 8601. */
export type SavingsParts = {
  readonly desk: Desk
  readonly accounts: Accounts
  readonly savings: Savings
  readonly transfers: Transfers
  readonly ledger: Ledger
  readonly now: () => string
}

/** Accounts with their statements, and the teller's commands on them. Accounts go by number or external id here. */
export function savingsLines(parts: SavingsParts): readonly RouteLine[] {
  return ['/savingsaccounts/:id', '/savingsaccounts/external-id/:externalId'].flatMap((path) => [
    { method: 'GET', path, route: (routed: RoutedRequest) => readAccount(parts, routed) },
    {
      method: 'POST',
      path: `${path}/transactions`,
      route: (routed: RoutedRequest) => transact(parts, routed),
    },
    {
      method: 'POST',
      path: `${path}/transactions/:transactionId`,
      route: (routed: RoutedRequest) => amend(parts, routed),
    },
  ])
}

function readAccount(parts: SavingsParts, routed: RoutedRequest): Promise<HttpResponse> {
  return parts.desk.read(routed, 'read-account', () => {
    const account = accountOf(parts.accounts, routed)
    const client = parts.accounts.client(account.clientId)
    if (!client) throw new Error(`account ${account.accountId} has lost its client`)
    const associations = routed.query.get('associations')?.split(',') ?? []
    const wanted = associations.includes('transactions') || associations.includes('all')
    const transactions = wanted ? parts.savings.ofAccount(account.id) : undefined
    return savingsAccountJson(account, client, transactions)
  })
}

const transactionKeys = [
  'transactionDate',
  'transactionAmount',
  'paymentTypeId',
  'accountNumber',
  'checkNumber',
  'routingCode',
  'receiptNumber',
  'bankNumber',
  'note',
  'locale',
  'dateFormat',
]
const holdKeys = [...transactionKeys, 'reasonForBlock', 'lienAllowed']

const commands = {
  deposit: { action: 'DEPOSIT', operation: 'deposit', keys: transactionKeys, run: deposit },
  withdrawal: { action: 'WITHDRAWAL', operation: 'withdraw', keys: transactionKeys, run: withdraw },
  holdAmount: { action: 'HOLDAMOUNT', operation: 'hold', keys: holdKeys, run: holdAmount },
} as const

type Order = {
  readonly account: SavingsAccount
  readonly amount: bigint
  readonly at: string
  readonly payment?: PaymentDetail
  readonly note?: string
}

function transact(parts: SavingsParts, routed: RoutedRequest): Promise<HttpResponse> {
  const name = routed.query.get('command') ?? ''
  const command = isCommand(name) ? commands[name] : undefined
  const run = (): JsonOut => {
    if (!command) throw unknownCommand(name)
    const account = accountOf(parts.accounts, routed)
    const json = readExactJson(routed.request.bytes)
    const body = openBody(json, 'savingsaccount.transaction', command.keys)
    body.date('transactionDate')
    const order = { account, ...orderOf(body, account.currency), at: parts.now() }
    body.verify()
    assertOpen(account)
    return resultJson(account, command.run(parts, order))
  }
  return parts.desk.command(routed, {
    action: command?.action ?? name,
    entity: 'SAVINGSACCOUNT',
    operation: command?.operation ?? 'deposit',
    run,
  })
}

function isCommand(name: string): name is keyof typeof commands {
  return Object.hasOwn(commands, name)
}

function orderOf(body: Body, currency: string): Omit<Order, 'account' | 'at'> {
  const amount = body.amount('transactionAmount', currency)
  const paymentTypeId = body.optionalId('paymentTypeId')
  const routingCode = body.optionalText('routingCode')
  const receiptNumber = body.optionalText('receiptNumber')
  const note = body.optionalText('note')
  const payment = paymentTypeId !== undefined && {
    payment: {
      paymentTypeId,
      ...(routingCode !== undefined && { routingCode }),
      ...(receiptNumber !== undefined && { receiptNumber }),
    },
  }
  return { amount, ...(payment || {}), ...(note !== undefined && { note }) }
}

const cash = { kind: 'cash' } as const

function deposit({ savings }: SavingsParts, order: Order): bigint {
  return savings.move({ ...order, kind: 'deposit', contra: cash, reference: 'deposit in cash' })
}

function withdraw({ savings, ledger }: SavingsParts, order: Order): bigint {
  const { account, amount } = order
  if (available(account) < amount) throw insufficientFunds(account.accountId)
  assertCash(ledger, account.currency, amount)
  return savings.move({
    ...order,
    kind: 'withdrawal',
    contra: cash,
    reference: 'withdrawal in cash',
  })
}

function holdAmount({ savings }: SavingsParts, order: Order): bigint {
  if (available(order.account) < order.amount) throw insufficientFunds(order.account.accountId)
  return savings.hold(order)
}

function amend(parts: SavingsParts, routed: RoutedRequest): Promise<HttpResponse> {
  const name = routed.query.get('command') ?? ''
  const releases = name === 'releaseAmount'
  const run = (): JsonOut => {
    if (!releases && name !== 'undo') throw unknownCommand(name)
    const account = accountOf(parts.accounts, routed)
    const transaction = transactionOf(parts.savings, account, routed)
    assertOpen(account)
    return resultJson(
      account,
      releases ? end(parts, transaction) : undo(parts, account, transaction),
    )
  }
  return parts.desk.command(routed, {
    action: releases ? 'RELEASEAMOUNT' : 'UNDOTRANSACTION',
    entity: 'SAVINGSACCOUNT',
    operation: releases ? 'release' : 'undo',
    run,
  })
}

function end({ savings, transfers, now }: SavingsParts, hold: SavingsTransaction): bigint {
  if (hold.kind !== 'hold' || hold.releaseId !== undefined) {
    throw ruleBroken('error.msg.savingsaccount.transaction.already.released', 'No live hold')
  }
  const transfer = transfers.findByHold(hold.id)
  if (transfer) transfers.markReleased(transfer.id)
  return savings.release(hold, now())
}

function undo(
  parts: SavingsParts,
  account: SavingsAccount,
  transaction: SavingsTransaction,
): bigint {
  const { kind, reversed, amount, id, journalId } = transaction
  if (journalId === undefined || reversed) {
    throw ruleBroken('error.msg.savingsaccount.transaction.update.not.allowed', 'Nothing to undo')
  }
  const undoable = parts.savings.linesOf(journalId)
  if (undoable.length > 1) {
    throw ruleBroken(
      'error.msg.savingsaccount.transaction.update.not.allowed',
      'A transfer between accounts is not undone on one of them',
    )
  }
  if (kind === 'deposit' && available(account) < amount) throw insufficientFunds(account.accountId)
  parts.savings.undo(transaction, parts.now())
  return id
}

function transactionOf(
  savings: Savings,
  account: SavingsAccount,
  { params }: RoutedRequest,
): SavingsTransaction {
  const name = params['transactionId'] ?? ''
  const found = /^\d{1,18}$/.test(name) ? savings.find(BigInt(name)) : undefined
  if (found?.savingsId === account.id) return found
  const code = 'error.msg.saving.account.trasaction.id.invalid'
  throw notFound(code, `Savings account transaction with identifier ${name} does not exist`, name)
}

function accountOf(accounts: Accounts, { params }: RoutedRequest): SavingsAccount {
  const { id = '', externalId } = params
  const number = /^\d{1,18}$/.test(id) ? BigInt(id) : undefined
  const account =
    externalId === undefined
      ? number !== undefined && accounts.byId(number)
      : accounts.byAccountId(externalId)
  if (!account) throw accountUnknown(externalId ?? id)
  return account
}

/** Throws unless money may move on the account: the teller's codes differ from the interop ones. */
export function assertOpen(account: SavingsAccount): void {
  if (account.state === 'frozen') {
    throw ruleBroken(
      'error.msg.saving.account.blocked.transaction.not.allowed',
      `Any transaction to ${account.id.toString()} is not allowed, since the account is blocked`,
    )
  }
  if (account.state === 'closed') {
    throw ruleBroken(
      'error.msg.savingsaccount.transaction.account.is.not.active',
      'Transactions are not allowed on an account that is not active',
    )
  }
}

/** Throws unless the bank has that much in cash: nothing of the bank's own goes below zero there. */
export function assertCash(ledger: Ledger, currency: string, amount: bigint): void {
  if (ledger.balance('cash', currency) < amount) throw refusalError(refuse('cash-short', currency))
}

function resultJson(account: SavingsAccount, resourceId: bigint): JsonOut {
  return {
    officeId: 1n,
    clientId: account.clientId,
    savingsId: account.id,
    resourceId,
    changes: {},
  }
}

function unknownCommand(name: string): Error {
  const message = `The query parameter command has an unsupported value of ${name}.`
  const code = 'error.msg.unrecognized.parameter.command'
  return badRequest([{ code, message, parameter: 'command' }])
}
