import { afterEach, describe, expect, it } from '@jest/globals'
import { refusal } from '../../../hub/domain/refusal.ts'
import { aHubApi, type HubApi } from '../../support/hub-api.ts'

let api: HubApi

afterEach(() => api.store.close())

const path = '/channel/partyRegistration'
const wanted = { accountId: '7', idType: 'ALIAS', idValue: 'amina' }

describe('registering an identifier', () => {
  it('stores it, starts its workflow and answers its id', async () => {
    api = aHubApi()
    const answer = await api.post(path, wanted)
    const { registrationId } = answer.body
    expect(answer.status).toBe(200)
    expect(await api.outbox()).toMatchObject([
      {
        message: {
          name: 'registration-requested',
          correlationKey: registrationId,
          messageId: registrationId,
          variables: { fspId: 'heron', registrationId },
        },
      },
    ])
    expect(await api.get(`${path}/${registrationId}`)).toMatchObject({
      status: 200,
      body: { registrationId, registrationState: 'RECEIVED', currency: 'KES', ...wanted },
    })
  })

  it("takes the FSP's own currency when none is named", async () => {
    api = aHubApi()
    const asIbis = { 'Platform-TenantId': 'ibis' }
    const { body } = await api.post(path, wanted, asIbis)
    const found = await api.get(`${path}/${body.registrationId}`, asIbis)
    expect(found.body).toMatchObject({ currency: 'UGX' })
  })

  it('answers the same request the same, however it is spelt, and another one 409', async () => {
    api = aHubApi()
    const msisdn = { accountId: '7', idType: 'MSISDN', idValue: '254710000009' }
    const first = await api.post(path, msisdn)
    const again = { currency: 'KES', ...msisdn, idValue: '+254710000009', more: 1 }
    const answers = await Promise.all([api.post(path, again), api.post(path, msisdn)])
    expect(answers).toEqual([first, first])
    expect(await api.post(path, { ...msisdn, accountId: '8' })).toMatchObject({
      status: 409,
      body: { errorCode: 'TransactionExists' },
    })
    expect(await api.outbox()).toHaveLength(1)
  })

  it('keeps its correlation ids apart from those of transfers', async () => {
    api = aHubApi()
    await api.post(path, wanted)
    expect(await api.get('/channel/txnState/order-1')).toMatchObject({ status: 404 })
  })

  it.each([
    ['no account', { ...wanted, accountId: undefined }, {}, 400],
    ['an unknown kind of identifier', { ...wanted, idType: 'SHOE' }, {}, 400],
    ['an empty identifier', { ...wanted, idValue: '' }, {}, 400],
    ['an unknown currency', { ...wanted, currency: 'XYZ' }, {}, 400],
    ['no correlation id', wanted, { 'X-CorrelationID': '' }, 400],
    ['no tenant', wanted, { 'Platform-TenantId': '' }, 400],
    ['a tenant it does not serve', wanted, { 'Platform-TenantId': 'x' }, 404],
    ['another content type', wanted, { 'Content-Type': 'text/plain' }, 415],
  ])('%s is refused', async (_name, body, headers, status) => {
    api = aHubApi()
    expect(await api.post(path, body, headers)).toMatchObject({ status })
    expect(await api.outbox()).toEqual([])
  })

  it('says why it came to nothing, once it has', async () => {
    api = aHubApi()
    const { registrationId } = (await api.post(path, wanted)).body
    const save = (state: 'at-core' | 'aborted') =>
      api.store.step(async (tx) => {
        const found = await tx.registrations.find('heron', registrationId)
        const no = refusal('identifier-taken', 'taken at the oracle')
        await tx.registrations.save({ ...found!, state, refusal: no })
      })
    await save('at-core')
    const before = await api.get(`${path}/${registrationId}`)
    expect(before.body).toMatchObject({ registrationState: 'RECEIVED' })
    expect(before.body).not.toHaveProperty('reason')
    await save('aborted')
    expect((await api.get(`${path}/${registrationId}`)).body).toMatchObject({
      registrationState: 'ABORTED',
      reason: 'identifier-taken',
      errorInformation: { errorCode: '3003' },
    })
  })

  it("another FSP's registration is 404, and what is no id too", async () => {
    api = aHubApi()
    const { registrationId } = (await api.post(path, wanted)).body
    const asIbis = { 'Platform-TenantId': 'ibis' }
    expect(await api.get(`${path}/${registrationId}`, asIbis)).toMatchObject({
      status: 404,
      body: { errorCode: 'IdNotFound' },
    })
    expect(await api.get(`${path}/x`)).toMatchObject({ status: 404 })
  })
})
