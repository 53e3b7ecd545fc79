import fc from 'fast-check'
import { bytesOf, damaged, nastySegment } from './junk.ts'
import type { HostileRequest, Target } from './strangers.ts'

/** A real account, by its id at the bank and its external id. */
export type KnownAccount = { readonly id: string; readonly accountId: string }

const banks = ['heron', 'weaver', 'ibis', 'kingfisher'] as const
const fineract = '/fineract-provider/api/v1'
const dated = { locale: 'en', dateFormat: 'yyyy-MM-dd', transactionDate: '2026-01-01' }

/** Amounts that nobody may be given, taken or held: no amount, below the smallest coin, or more than there is. */
const impossibleAmounts = [
  ...['0', '-1', '-0.01', '0.001', 'NaN', '', '1e999', '9'.repeat(20), '9'.repeat(400), '0x1', '١'],
  ...[0, -5, 1e21, null, true, [], {}],
]

type Sample = { readonly method: string; readonly path: string; readonly body: unknown }

/** Orders for a core that name nobody's account, or ask for what cannot be. */
function coreSamples(account: KnownAccount, amount: unknown): readonly Sample[] {
  const money = { amount, currency: 'KES' }
  const type = { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' }
  const order = {
    transactionCode: 't-1',
    accountId: account.accountId,
    amount: money,
    transactionType: type,
  }
  const transfer = (transactionRole: string): object => ({
    ...order,
    transactionRole,
    transferCode: 'c-1',
  })
  const post = (path: string, body: unknown): Sample => ({
    method: 'POST',
    path: fineract + path,
    body,
  })
  const side = { OfficeId: '1', ClientId: '1', AccountType: '2', AccountId: account.id }
  const sides = ['from', 'to'].flatMap((name) =>
    Object.entries(side).map(([key, value]) => [name + key, value] as const),
  )
  const teller = { ...dated, transactionAmount: amount, paymentTypeId: '1', note: 'x' }
  return [
    post('/interoperation/transfers?action=PREPARE', transfer('PAYER')),
    post('/interoperation/transfers?action=CREATE', transfer('PAYER')),
    post('/interoperation/transfers?action=CREATE', transfer('PAYEE')),
    post('/interoperation/transfers?action=RELEASE', transfer('PAYER')),
    post('/interoperation/quotes', {
      ...order,
      transactionRole: 'PAYER',
      quoteCode: 'q',
      amountType: 'SEND',
    }),
    post('/interoperation/requests', { ...order, transactionRole: 'PAYER', requestCode: 'r' }),
    ...['deposit', 'withdrawal', 'holdAmount'].map((command) =>
      post(`/savingsaccounts/${account.id}/transactions?command=${command}`, teller),
    ),
    post(`/savingsaccounts/${account.id}/transactions/999999?command=undo`, {}),
    post('/accounttransfers', {
      ...Object.fromEntries(sides),
      ...dated,
      transferDate: '2026-01-01',
      transferAmount: amount,
      transferDescription: 'x',
    }),
    post('/journalentries', {
      ...dated,
      officeId: '1',
      currencyCode: 'KES',
      debits: [{ glAccountId: '2', amount }],
      credits: [{ glAccountId: '3', amount }],
    }),
  ]
}

const nobody: KnownAccount = { id: '999999', accountId: 'nobody' }

/** What needs no trick in the body: the account is nobody's, so even a right order moves nothing. */
function damagedCoreOrder(): fc.Arbitrary<Sample & { readonly text: string }> {
  const samples = coreSamples(nobody, '10').filter(({ path }) => !path.endsWith('/journalentries'))
  return fc
    .constantFrom(...samples)
    .chain((sample) => damaged(sample.body).map((text) => ({ ...sample, text })))
}

function impossibleCoreOrder(
  accounts: readonly KnownAccount[],
): fc.Arbitrary<Sample & { readonly text: string }> {
  return fc
    .tuple(fc.constantFrom(...accounts), fc.constantFrom(...impossibleAmounts), fc.nat(11))
    .map(([account, amount, at]) => {
      const samples = coreSamples(account, amount)
      const sample = samples[at % samples.length]!
      return { ...sample, text: JSON.stringify(sample.body) }
    })
}

/** Orders for a core by somebody who knows its password. */
export function byTellers(
  accounts: Readonly<Record<string, readonly KnownAccount[]>>,
): fc.Arbitrary<HostileRequest> {
  const key = fc.option(fc.constantFrom('a', 'b', 'k'.repeat(51)), { nil: undefined })
  return fc.constantFrom(...banks).chain((bank) =>
    fc
      .tuple(fc.oneof(damagedCoreOrder(), impossibleCoreOrder(accounts[bank] ?? [])), key)
      .map(([{ method, path, text }, idempotencyKey]) => ({
        target: bank,
        method,
        path,
        headers: {
          'content-type': 'application/json',
          authorization: `Basic ${Buffer.from('mifos:password').toString('base64')}`,
          'fineract-platform-tenantid': bank,
          ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        },
        bytes: bytesOf(text),
      })),
  )
}

const money = (amount: unknown): object => ({ amount, currency: 'KES' })

/** Of the switch's operators: right orders about nobody, whatever becomes of their bodies. */
const adminSamples: readonly Sample[] = [
  { method: 'POST', path: '/participants', body: { name: 'Hub', currency: 'KES' } },
  { method: 'PUT', path: '/participants/nobody', body: { isActive: false } },
  {
    method: 'POST',
    path: '/participants/nobody/endpoints',
    body: { type: 'FSPIOP_X', value: 'http://x/' },
  },
  { method: 'PUT', path: '/participants/nobody/jws-key', body: { publicKey: 'x' } },
  {
    method: 'PUT',
    path: '/participants/heron/jws-key',
    body: { publicKey: '-----BEGIN PUBLIC KEY-----' },
  },
  {
    method: 'POST',
    path: '/participants/nobody/accounts',
    body: { currency: 'KES', type: 'POSITION' },
  },
  { method: 'PUT', path: '/participants/heron/accounts/999', body: { isActive: false } },
  {
    method: 'POST',
    path: '/participants/heron/accounts/999',
    body: { transferId: 'x', action: 'recordFundsIn', reason: 'x', amount: money('5') },
  },
  {
    method: 'PUT',
    path: '/participants/heron/accounts/1/transfers/nothing',
    body: { action: 'recordFundsOutCommit', reason: 'x' },
  },
  {
    method: 'PUT',
    path: '/participants/nobody/limits',
    body: { currency: 'KES', limit: { type: 'NET_DEBIT_CAP', value: '1', alarmPercentage: 10 } },
  },
  {
    method: 'POST',
    path: '/participants/nobody/initialPositionAndLimits',
    body: { currency: 'KES', limit: { type: 'NET_DEBIT_CAP', value: '1' }, initialPosition: '5' },
  },
  { method: 'POST', path: '/oracles/XX/parties/1', body: { fspId: 'heron' } },
  { method: 'POST', path: '/settlementWindows/999', body: { state: 'CLOSED', reason: 'x' } },
  {
    method: 'POST',
    path: '/settlements',
    body: { reason: 'x', settlementModel: 'DEFERREDNET', settlementWindows: [{ id: 999 }] },
  },
  { method: 'PUT', path: '/settlements/999', body: { state: 'ABORTED', reason: 'x' } },
  {
    method: 'PUT',
    path: '/settlements/999/participants/heron/accounts/999',
    body: { state: 'SETTLED', reason: 'x' },
  },
]

/** Numbers that the scheme's accounts cannot hold, or must not. */
const impossibleFunds = ['0', '-5', '0.001', `-${'9'.repeat(18)}`, '9'.repeat(19), 1e21, -1, null]

/** `accountIds`: real accounts of heron at the switch. */
export function byOperators(accountIds: readonly string[]): fc.Arbitrary<HostileRequest> {
  const aboutNobody = fc
    .constantFrom(...adminSamples)
    .chain((sample) => damaged(sample.body).map((text) => ({ ...sample, text })))
  const blanks = fc
    .tuple(fc.constantFrom('settlementWindows', 'settlements', 'oracles'), nastySegment)
    .filter(([, id]) => !/^\d+$/.test(id))
    .map(([what, id]) => ({
      method: what === 'settlementWindows' ? 'GET' : 'DELETE',
      path: `/${what}/${id}`,
      text: '',
    }))
  const actions = fc.constantFrom('recordFundsIn', 'recordFundsOutPrepareReserve')
  const funds = fc
    .tuple(fc.constantFrom(...accountIds), actions, fc.constantFrom(...impossibleFunds), fc.uuid())
    .map(([id, action, amount, transferId]) => ({
      method: 'POST',
      path: `/participants/heron/accounts/${id}`,
      text: JSON.stringify({ transferId, action, reason: 'x', amount: money(amount) }),
    }))
  const limits = fc
    .constantFrom(...impossibleFunds.filter((each) => each !== '0'))
    .map((value) => ({
      method: 'PUT',
      path: '/participants/heron/limits',
      text: JSON.stringify({ currency: 'KES', limit: { type: 'NET_DEBIT_CAP', value } }),
    }))
  return fc.oneof(aboutNobody, blanks, funds, limits).map(({ method, path, text }) => ({
    target: 'switch' as const,
    method,
    path: `/admin${path}`,
    headers: { 'content-type': 'application/json' },
    bytes: bytesOf(text),
  }))
}

const labSamples: readonly (Sample & { readonly targets: readonly Target[] })[] = [
  { targets: banks, method: 'PUT', path: '/lab/customers/254790000009', body: { frozen: true } },
  {
    targets: banks,
    method: 'POST',
    path: '/lab/settlements',
    body: { reference: 'r', currency: 'XXX', amount: '0' },
  },
  {
    targets: [...banks, 'switch'],
    method: 'PUT',
    path: '/lab/faults',
    body: { on: 'nothing', do: 'delay', times: 1, ms: 1 },
  },
]

/** What only the lab has: about nobody, nothing in no currency, on no operation. */
export const byPlayers: fc.Arbitrary<HostileRequest> = fc
  .constantFrom(...labSamples)
  .chain(({ targets, method, path, body }) =>
    fc.tuple(fc.constantFrom(...targets), damaged(body)).map(([target, text]) => ({
      target,
      method,
      path,
      headers: { 'content-type': 'application/json' },
      bytes: bytesOf(text),
    })),
  )

/** Orders to the hub, or to a bank on its own feet, in the name of a customer whom nobody knows. */
export const byClients: fc.Arbitrary<HostileRequest> = fc.constantFrom(...banks).chain((bank) => {
  const partyOf = (partyIdentifier: string): object => ({
    partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier },
  })
  const order = {
    payer: partyOf('254790000009'),
    payee: partyOf('254720000001'),
    amount: money('5'),
  }
  const decision = { role: 'payer', decision: 'commit', reason: 'x' }
  const id = '00000000-0000-4000-8000-000000000001'
  const samples: readonly (Sample & { readonly target?: Target })[] = [
    { target: 'kingfisher', method: 'POST', path: '/lab/transfers', body: order },
    { method: 'POST', path: '/channel/transfer', body: order },
    { method: 'POST', path: '/channel/transfer', body: { ...order, amountType: 'RECEIVE' } },
    { method: 'POST', path: '/channel/partyRegistration', body: { accountId: 'nobody' } },
    { method: 'POST', path: `/operations/transfers/${id}/decision`, body: decision },
  ]
  return fc.constantFrom(...samples).chain(({ target = 'hub', method, path, body }) =>
    fc.tuple(damaged(body), fc.uuid()).map(([text, key]) => ({
      target,
      method,
      path,
      headers: {
        'content-type': 'application/json',
        'platform-tenantid': bank,
        'x-correlationid': key,
      },
      bytes: bytesOf(text),
    })),
  )
})
