import { describe, expect, it } from '@jest/globals'
import { Unavailable } from '../../../hub/connector.ts'
import type { PartyId } from '../../../hub/domain/party.ts'
import { NoResponse, NotSent } from '../../../hub/http.ts'
import {
  account,
  answer,
  clientAccounts,
  coreAnswering,
  errorAnswer,
  type Answers,
} from './support.ts'

const wanjiku: PartyId = { type: 'MSISDN', identifier: '254710000001' }
const findLine = 'GET /interoperation/parties/MSISDN/254710000001'
const missing = errorAnswer(404, 'error.msg.interop.account.not.found')

const registered: Answers = {
  [findLine]: answer(200, '{"resourceId":1,"accountId":"ACC-7"}'),
  'GET /interoperation/accounts/ACC-7': account(),
  'GET /clients/3/accounts': clientAccounts,
  'GET /clients/3': answer(
    200,
    '{"id":3,"firstname":"Wanjiku","lastname":"Kamau","displayName":"Wanjiku Kamau"}',
  ),
}

const party = { firstName: 'Wanjiku', lastName: 'Kamau', displayName: 'Wanjiku Kamau' }

const find = (currency: string, role: 'payer' | 'payee' = 'payee', answers: Answers = {}) =>
  coreAnswering({ ...registered, ...answers }).core.findAccount(wanjiku, currency, role)

describe('finding an account', () => {
  it('gives the account that the identifier leads to, and whose it is', async () => {
    expect(await find('KES')).toEqual({ accountId: 'ACC-7', currency: 'KES', party })
  })

  it('gives the client’s open account in another currency', async () => {
    expect(await find('UGX')).toEqual({ accountId: 'ACC-9', currency: 'UGX', party })
  })

  it.each(['payer', 'payee'] as const)('refuses a %s that is not registered', async (role) => {
    const refused = await find('KES', role, { [findLine]: missing })
    expect(refused).toMatchObject({ reason: `${role}-not-found`, errorCode: '3204' })
  })

  it.each(['payer', 'payee'] as const)('refuses a %s without the currency', async (role) => {
    expect(await find('TND', role)).toMatchObject({ reason: `${role}-currency-not-held` })
  })

  it('refuses as blocked when the only account in the currency is', async () => {
    expect(await find('TZS')).toMatchObject({ reason: 'payee-blocked', errorCode: '5400' })
  })

  it('does not choose an account that interoperation cannot reach', async () => {
    expect(await find('USD')).toMatchObject({ kind: 'refusal' })
  })

  it.each([
    ['"status":"CLOSED"', true, true],
    ['"status":"ACTIVE","subStatus":"BLOCK"', true, true],
    ['"status":"ACTIVE","subStatus":"DORMANT"', true, true],
    ['"status":"ACTIVE","subStatus":"ESCHEAT"', true, true],
    ['"status":"ACTIVE","subStatus":"BLOCK_DEBIT"', true, false],
    ['"status":"ACTIVE","subStatus":"BLOCK_CREDIT"', false, true],
    ['"status":"ACTIVE","subStatus":"INACTIVE"', false, false],
    [
      '"status":{"code":"savingsAccountStatusType.active"},"subStatus":{"code":"SavingsAccountSubStatusEnum.blockDebit"}',
      true,
      false,
    ],
  ])('judges %s: payer blocked %s, payee blocked %s', async (state, payer, payee) => {
    const answers = {
      'GET /interoperation/accounts/ACC-7': answer(
        200,
        `{"clientId":3,"accountId":"ACC-7","currency":"KES",${state}}`,
      ),
    }
    const [asPayer, asPayee] = [
      await find('KES', 'payer', answers),
      await find('KES', 'payee', answers),
    ]
    expect(asPayer).toMatchObject(payer ? { errorCode: '4400' } : { accountId: 'ACC-7' })
    expect(asPayee).toMatchObject(payee ? { errorCode: '5400' } : { accountId: 'ACC-7' })
  })

  it('escapes identifiers and sub-ids', async () => {
    const { core, lines } = coreAnswering({})
    const id: PartyId = { type: 'EMAIL', identifier: 'a/b@c?d', subId: '#1' }
    await expect(core.findAccount(id, 'KES', 'payer')).rejects.toThrow(Unavailable)
    expect(lines()).toEqual(['GET /interoperation/parties/EMAIL/a%2Fb%40c%3Fd/%231'])
  })

  it('authenticates and names the tenant', async () => {
    const { core, http } = coreAnswering(registered)
    await core.findAccount(wanjiku, 'KES', 'payer')
    expect(http.sent[0]).toEqual({
      method: 'GET',
      url: 'http://core.test/fineract-provider/api/v1/interoperation/parties/MSISDN/254710000001',
      headers: {
        accept: 'application/json',
        authorization: `Basic ${Buffer.from('mifos:password').toString('base64')}`,
        'fineract-platform-tenantid': 'heron',
      },
      timeoutMs: 10_000,
    })
  })

  it('remembers the name of a client, and nothing about her account', async () => {
    const { core, lines } = coreAnswering(registered)
    await core.findAccount(wanjiku, 'KES', 'payer')
    await core.findAccount(wanjiku, 'KES', 'payer')
    expect(lines().filter((line) => line === 'GET /clients/3')).toHaveLength(1)
    expect(lines().filter((line) => line === findLine)).toHaveLength(2)
  })

  it.each([
    new NotSent('refused'),
    new NoResponse('reset'),
    ...[401, 403, 409, 425, 429, 500, 503].map((status) => answer(status, '')),
    answer(404, '<html>nobody here</html>'),
    answer(200, '<html>welcome</html>'),
    answer(200, '[]'),
    answer(302, ''),
  ])('is only a read: what fails in any way can be tried again (%p)', async (failing) => {
    const onTheWay = ['GET /interoperation/accounts/ACC-7', 'GET /clients/3/accounts']
    for (const line of [findLine, ...onTheWay]) {
      await expect(find('UGX', 'payer', { [line]: failing })).rejects.toThrow(Unavailable)
    }
  })
})

describe('finding a party', () => {
  it('says who she is, whatever the state of her account', async () => {
    const blocked = answer(
      200,
      '{"clientId":3,"accountId":"ACC-7","currency":"KES","status":"ACTIVE","subStatus":"BLOCK"}',
    )
    const { core } = coreAnswering({ ...registered, 'GET /interoperation/accounts/ACC-7': blocked })
    expect(await core.findParty(wanjiku)).toEqual(party)
  })

  it('does not find whom nobody registered', async () => {
    const { core } = coreAnswering({ [findLine]: missing })
    expect(await core.findParty(wanjiku)).toMatchObject({ reason: 'payee-not-found' })
  })
})

describe('registering a party', () => {
  const register = 'POST /interoperation/parties/MSISDN/254710000001'
  const remove = 'DELETE /interoperation/parties/MSISDN/254710000001'
  const done = answer(200, '{"resourceId":1,"accountId":"ACC-7"}')
  const duplicate = errorAnswer(403, 'error.msg.interop.duplicate.account.identifier')

  it('sends the account and nothing else, for Fineract refuses what it does not know', async () => {
    const { core, http } = coreAnswering({ [register]: done })
    expect(await core.registerParty(wanjiku, 'ACC-7')).toBe('done')
    expect(Buffer.from(http.sent[0]?.bytes ?? []).toString()).toBe('{"accountId":"ACC-7"}')
  })

  it('is done when the same account holds the identifier already', async () => {
    const { core } = coreAnswering({ ...registered, [register]: duplicate })
    expect(await core.registerParty(wanjiku, 'ACC-7')).toBe('done')
  })

  it.each([duplicate, errorAnswer(403, 'error.msg.interop.unknown.data.integrity.issue')])(
    'is refused as taken when another account holds it',
    async (refused) => {
      const { core } = coreAnswering({ ...registered, [register]: refused })
      expect(await core.registerParty(wanjiku, 'ACC-9')).toMatchObject({
        reason: 'identifier-taken',
        errorCode: '3003',
      })
    },
  )

  it('is refused by the core when nobody holds it', async () => {
    const { core } = coreAnswering({ [findLine]: missing, [register]: duplicate })
    expect(await core.registerParty(wanjiku, 'ACC-9')).toMatchObject({ reason: 'core-refused' })
  })

  it('moves no money, so whatever fails can be tried again', async () => {
    const { core } = coreAnswering({ [register]: new NoResponse('reset') })
    await expect(core.registerParty(wanjiku, 'ACC-7')).rejects.toThrow(Unavailable)
  })

  it('is undone once, and again', async () => {
    const { core } = coreAnswering({ [remove]: done })
    expect(await core.unregisterParty(wanjiku)).toBe('done')
    const again = coreAnswering({ [remove]: missing })
    expect(await again.core.unregisterParty(wanjiku)).toBe('done')
  })

  it('is not undone when the core refuses', async () => {
    const { core } = coreAnswering({ [remove]: errorAnswer(403, 'error.msg.no.permission') })
    expect(await core.unregisterParty(wanjiku)).toMatchObject({ reason: 'core-refused' })
  })
})
