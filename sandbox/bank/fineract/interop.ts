import type { HttpResponse } from '../../http.ts'
import type { RoutedRequest, RouteLine } from '../../router.ts'
import type { BankCore } from '../core.ts'
import type { Role } from '../ledger/transfers.ts'
import { isRefused, refuse, type BankRefusal } from '../refusal.ts'
import type { Done, Move } from '../steps.ts'
import { openBody, type Body } from './body.ts'
import type { Desk } from './desk.ts'
import { badRequest, insufficientFunds, refusalError } from './error.ts'
import { readExactJson, type JsonOut } from './json.ts'
import { amountJson, timestampOf } from './views.ts'

/** What the interop routes work with; `now` is the time in ISO 8601. */
export type InteropParts = {
  readonly desk: Desk
  readonly core: BankCore
  readonly now: () => string
}

const shared = ['transactionCode', 'accountId', 'amount', 'transactionRole', 'transactionType']
const rest = ['note', 'expiration', 'extensionList', 'locale', 'dateFormat']
const requestKeys = [...shared, ...rest, 'requestCode', 'geoCode']
const quoteKeys = [...requestKeys, 'quoteCode', 'amountType', 'fees']
const transferKeys = [...shared, ...rest, 'transferCode', 'fspFee', 'fspCommission']
const typeKeys = [
  'scenario',
  'subScenario',
  'initiator',
  'initiatorType',
  'refundInfo',
  'balanceOfPayments',
]

/** Quotes, transfers, transaction requests, and the read-backs that know nothing. */
export function interopLines(parts: InteropParts): readonly RouteLine[] {
  const { desk } = parts
  const read =
    (operation: string, body: (routed: RoutedRequest) => JsonOut) =>
    (routed: RoutedRequest): Promise<HttpResponse> =>
      desk.read(routed, operation, () => body(routed))
  return [
    { method: 'GET', path: '/interoperation/health', route: (routed) => health(desk, routed) },
    { method: 'POST', path: '/interoperation/quotes', route: (routed) => quote(parts, routed) },
    {
      method: 'POST',
      path: '/interoperation/transfers',
      route: (routed) => transfer(parts, routed),
    },
    { method: 'POST', path: '/interoperation/requests', route: (routed) => request(parts, routed) },
    {
      method: 'GET',
      path: '/interoperation/transactions/:transactionCode/quotes/:code',
      route: read('read-back', () => null),
    },
    {
      method: 'GET',
      path: '/interoperation/transactions/:transactionCode/transfers/:code',
      route: read('read-back', () => null),
    },
    {
      method: 'GET',
      path: '/interoperation/transactions/:transactionCode/requests/:code',
      // Fineract keeps no requests, and calls each of them rejected.
      route: read('read-back', ({ params }) => ({
        transactionCode: params['transactionCode'],
        requestCode: params['code'],
        state: 'REJECTED',
      })),
    },
  ]
}

/** The one answer that is no JSON. */
async function health(desk: Desk, routed: RoutedRequest): Promise<HttpResponse> {
  const answer = await desk.read(routed, 'health', () => 'OK')
  if (answer.status !== 200) return answer
  return { ...answer, headers: { 'content-type': 'text/plain' }, bytes: Buffer.from('OK') }
}

function quote({ desk, core }: InteropParts, routed: RoutedRequest): Promise<HttpResponse> {
  const run = (): JsonOut => {
    const body = openBody(readExactJson(routed.request.bytes), 'interoperation.quote', quoteKeys)
    const transactionCode = body.text('transactionCode')
    const quoteCode = body.text('quoteCode')
    const accountId = body.text('accountId')
    const amount = body.money('amount')
    body.word('amountType', ['SEND', 'RECEIVE'])
    const role = roleOf(body)
    readType(body, true)
    body.verify()
    const priced = core.price({ accountId, role, amount })
    if (isRefused(priced)) {
      // The withdrawal charge is part of this sum, which Fineract says in the code.
      if (priced.refused === 'insufficient-funds') throw insufficientFunds(accountId, true)
      throw refusalError(priced)
    }
    const { minorUnits, currency } = priced.fee
    return {
      transactionCode,
      quoteCode,
      state: 'ACCEPTED',
      ...echo(body),
      fspFee: { amount: amountJson(minorUnits, currency), currency },
      fspCommission: null,
    }
  }
  return desk.command(routed, { action: 'CREATE', entity: 'INTERQUOTE', operation: 'price', run })
}

function request({ desk, core }: InteropParts, routed: RoutedRequest): Promise<HttpResponse> {
  const run = (): JsonOut => {
    const body = openBody(
      readExactJson(routed.request.bytes),
      'interoperation.request',
      requestKeys,
    )
    const transactionCode = body.text('transactionCode')
    const requestCode = body.text('requestCode')
    const accountId = body.text('accountId')
    const amount = body.money('amount')
    body.word('transactionRole', ['PAYER'], 'PAYER')
    readType(body, true)
    body.verify()
    // Nothing is stored; only the account and its currency are looked at.
    const priced = core.price({ accountId, role: 'PAYEE', amount })
    if (isRefused(priced)) throw refusalError(priced)
    return { transactionCode, requestCode, state: 'ACCEPTED', ...echo(body) }
  }
  return desk.command(routed, {
    action: 'CREATE',
    entity: 'INTERREQUEST',
    operation: 'request',
    run,
  })
}

type Action = 'PREPARE' | 'CREATE' | 'RELEASE'

function transfer({ desk, core, now }: InteropParts, routed: RoutedRequest): Promise<HttpResponse> {
  const json = readExactJson(routed.request.bytes)
  const action = actionOf(routed.query.get('action'))
  const run = (): JsonOut => {
    if (!action) throw badRequest([unknownAction])
    const body = openBody(json, 'interoperation.transfer', transferKeys)
    const transactionCode = body.text('transactionCode')
    const role = roleOf(body)
    const move = moveOf(body)
    body.verify()
    if (isRefused(move)) throw refusalError(move)
    const done = act(core, { action, role, move, now })
    if (isRefused(done)) throw refusalError(done)
    return {
      transactionCode,
      state: 'ACCEPTED',
      ...echo(body),
      transferCode: move.transferCode,
      completedTimestamp: timestampOf(done.at),
    }
  }
  const operation = operationOf(action, json)
  return desk.command(routed, { action: action ?? '', entity: 'INTERTRANSFER', operation, run })
}

type Act = {
  readonly action: Action
  readonly role: Role
  readonly move: Move
  readonly now: () => string
}

function act(core: BankCore, { action, role, move, now }: Act): Pick<Done, 'at'> | BankRefusal {
  // A payee has nothing to prepare, and Fineract does not even look whether the account is there.
  if (action === 'PREPARE') return role === 'PAYER' ? core.hold(move) : { at: now() }
  if (action === 'RELEASE') return core.release(move)
  return role === 'PAYER' ? core.commit(move) : core.credit(move)
}

const unknownAction = {
  code: 'error.msg.unrecognized.parameter.action',
  message: 'action is PREPARE, CREATE or RELEASE',
  parameter: 'action',
}

function actionOf(word: string | null): Action | undefined {
  const upper = word?.toUpperCase()
  return upper === 'PREPARE' || upper === 'CREATE' || upper === 'RELEASE' ? upper : undefined
}

/** The operation that faults know the request by. */
function operationOf(action: Action | undefined, json: unknown): string {
  if (action === 'RELEASE') return 'release'
  if (action !== 'CREATE') return 'prepare'
  const { transactionRole } = {
    transactionRole: 'PAYER',
    ...(typeof json === 'object' ? json : {}),
  }
  return transactionRole === 'PAYEE' ? 'create-payee' : 'create-payer'
}

function roleOf(body: Body): Role {
  return body.word('transactionRole', ['PAYER', 'PAYEE'])
}

/** total = amount + fee − commission, never below zero; fee and commission are taken as given, as Fineract takes them. */
function moveOf(body: Body): Move | BankRefusal {
  const amount = body.money('amount')
  const fee = body.optionalMoney('fspFee')
  const commission = body.optionalMoney('fspCommission')
  for (const part of [fee, commission]) {
    if (part && part.currency !== amount.currency) {
      return refuse('currency-differs', amount.currency, part.currency)
    }
  }
  const total = amount.minorUnits + (fee?.minorUnits ?? 0n) - (commission?.minorUnits ?? 0n)
  const note = body.optionalText('note')
  readType(body, false)
  return {
    transferCode: body.text('transferCode'),
    accountId: body.text('accountId'),
    amount,
    total: total > 0n ? total : 0n,
    ...(note !== undefined && { note }),
  }
}

function readType(body: Body, required: boolean): void {
  const type = required
    ? body.object('transactionType', typeKeys)
    : body.optionalObject('transactionType', typeKeys)
  if (!type) return
  for (const name of ['scenario', 'initiator', 'initiatorType']) type.text(name)
}

/** What Fineract gives back as it came. */
function echo(body: Body): { readonly expiration: JsonOut | undefined } {
  return { expiration: body.optionalText('expiration') }
}
