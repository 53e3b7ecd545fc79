import { beforeEach, describe, expect, it } from '@jest/globals'
import { anId, aPrepare, aWorld, reserve, type World } from './support.ts'

let world: World
beforeEach(async () => {
  world = await aWorld()
})

async function accountsOf(name: string): Promise<any[]> {
  return (await world.call('GET', `/admin/participants/${name}/accounts`)).body
}

async function coverOf(name: string, currency = 'KES'): Promise<any> {
  const accounts = await accountsOf(name)
  return accounts.find((a) => a.ledgerAccountType === 'SETTLEMENT' && a.currency === currency)
}

describe('participants', () => {
  it('are taken on as in a real scheme: hub accounts, participant, limits, funds, endpoint', async () => {
    const participant = { name: 'robin', currency: 'TZS' }
    const tooEarly = await world.call('POST', '/admin/participants', participant)
    expect([tooEarly.status, tooEarly.body.errorInformation.errorCode]).toEqual([400, '3003'])
    await world.call('POST', '/admin/participants/Hub/accounts', {
      type: 'HUB_MULTILATERAL_SETTLEMENT',
      currency: 'TZS',
    })
    const added = await world.call('POST', '/admin/participants', participant)
    expect([added.status, added.body.name, added.body.isActive]).toEqual([201, 'robin', 1])
    expect((await accountsOf('robin')).map(({ isActive }) => isActive)).toEqual([0, 0])
    expect((await world.call('POST', '/admin/participants', participant)).status).toBe(400)

    const limit = { type: 'NET_DEBIT_CAP', value: 800 }
    const limits = { currency: 'TZS', limit, initialPosition: 0 }
    const path = '/admin/participants/robin'
    expect((await world.call('POST', `${path}/initialPositionAndLimits`, limits)).status).toBe(201)
    expect((await world.call('POST', `${path}/initialPositionAndLimits`, limits)).status).toBe(400)
    expect((await accountsOf('robin')).map(({ isActive }) => isActive)).toEqual([1, 1])
    expect((await world.call('GET', `${path}/limits`)).body).toEqual([
      {
        name: 'robin',
        currency: 'TZS',
        limit: { type: 'NET_DEBIT_CAP', value: '800', alarmPercentage: 10 },
      },
    ])
    const endpoint = { type: 'FSPIOP_CALLBACK_URL', value: 'http://robin.test' }
    expect((await world.call('POST', `${path}/endpoints`, endpoint)).status).toBe(201)
    expect((await world.call('GET', `${path}/endpoints`)).body).toEqual([endpoint])
    const broken = { ...endpoint, value: 'nowhere' }
    expect((await world.call('POST', `${path}/endpoints`, broken)).status).toBe(400)
  })

  it('are not found when they do not exist', async () => {
    for (const path of ['', '/limits', '/positions', '/endpoints', '/jws-key']) {
      expect((await world.call('GET', `/admin/participants/nobody${path}`)).status).toBe(404)
    }
    expect((await world.call('GET', '/admin/nothing')).status).toBe(404)
    expect((await world.call('DELETE', '/admin/participants')).status).toBe(405)
  })

  it('never include the scheme itself, which can send nothing', async () => {
    const { body } = await world.call('GET', '/admin/participants')
    expect(body.map((each: any) => each.name)).toEqual(['heron', 'ibis', 'weaver'])
    const answer = await world.heron.send('POST', '/transfers', {
      to: 'weaver',
      body: aPrepare(world),
      headers: { 'fspiop-source': 'Hub' },
      isUnsigned: true,
    })
    expect(answer.status).toBe(400)
  })
})

describe('limits', () => {
  it('hold for the next transfer once they are changed', async () => {
    await world.call('PUT', '/admin/participants/heron/limits', {
      currency: 'KES',
      limit: { type: 'NET_DEBIT_CAP', value: '99.99', alarmPercentage: 20 },
    })
    await reserve(world)
    expect(world.heron.callbacks()[0]!.body.errorInformation.errorCode).toBe('4200')
    const all = (await world.call('GET', '/admin/participants/limits')).body
    expect(all).toContainEqual({
      name: 'heron',
      currency: 'KES',
      limit: { type: 'NET_DEBIT_CAP', value: '99.99', alarmPercentage: 20 },
    })
  })

  it('are refused when finer than the currency, or negative', async () => {
    for (const value of ['1.5', '-1']) {
      const limit = { type: 'NET_DEBIT_CAP', value }
      const change = { currency: 'UGX', limit }
      expect((await world.call('PUT', '/admin/participants/heron/limits', change)).status).toBe(400)
    }
  })
})

describe('funds', () => {
  async function move(action: string, amount: string, transferId: string): Promise<number> {
    const { id } = await coverOf('heron')
    const { status } = await world.call('POST', `/admin/participants/heron/accounts/${id}`, {
      transferId,
      action,
      reason: 'test',
      amount: { amount, currency: 'KES' },
    })
    return status
  }
  async function finish(action: string, transferId: string): Promise<number> {
    const { id } = await coverOf('heron')
    const path = `/admin/participants/heron/accounts/${id}/transfers/${transferId}`
    return (await world.call('PUT', path, { action, reason: 'test' })).status
  }

  it('that are paid in raise the cover, once per id', async () => {
    expect(await move('recordFundsIn', '1000.5', anId(1))).toBe(202)
    expect(await move('recordFundsIn', '1000.5', anId(1))).toBe(202)
    expect((await coverOf('heron')).value).toBe('-6000.5')
  })

  it('that are taken out are reserved first, then committed or given back', async () => {
    expect(await move('recordFundsOutPrepareReserve', '4000', anId(1))).toBe(202)
    expect((await coverOf('heron')).value).toBe('-1000')
    expect(await move('recordFundsOutPrepareReserve', '1000.01', anId(2))).toBe(400)
    expect(await finish('recordFundsOutAbort', anId(1))).toBe(202)
    expect((await coverOf('heron')).value).toBe('-5000')
    expect(await move('recordFundsOutPrepareReserve', '4500', anId(3))).toBe(202)
    expect(await finish('recordFundsOutCommit', anId(3))).toBe(202)
    expect(await finish('recordFundsOutCommit', anId(3))).toBe(202)
    expect(await finish('recordFundsOutAbort', anId(3))).toBe(400)
    expect((await coverOf('heron')).value).toBe('-500')
  })

  it('that cover a position cannot be taken out; what is reserved covers nothing', async () => {
    await reserve(world, { amount: { amount: '900', currency: 'KES' } })
    expect(await move('recordFundsOutPrepareReserve', '4200', anId(1))).toBe(400)
    expect(await move('recordFundsOutPrepareReserve', '4050', anId(2))).toBe(202)
    await reserve(world, { transferId: anId(3), amount: { amount: '60', currency: 'KES' } })
    expect(world.heron.callbacks().at(-1)!.body.errorInformation.errorCode).toBe('4001')
  })

  it('are refused in another currency, at another account, or of nothing', async () => {
    expect(await move('recordFundsIn', '0', anId(1))).toBe(400)
    const accounts = await accountsOf('heron')
    const position = accounts.find((each) => each.ledgerAccountType === 'POSITION')
    const order = {
      transferId: anId(2),
      action: 'recordFundsIn',
      amount: { amount: '1', currency: position.currency },
    }
    const path = `/admin/participants/heron/accounts/${position.id}`
    expect((await world.call('POST', path, order)).status).toBe(400)
    expect((await world.call('POST', '/admin/participants/weaver/accounts/1', order)).status).toBe(
      404,
    )
  })
})

describe('oracles', () => {
  it('are added and removed, and a type without one is 3003', async () => {
    const oracle = { oracleIdType: 'BUSINESS', endpoint: { value: 'http://oracle.test' } }
    expect((await world.call('POST', '/admin/oracles', oracle)).status).toBe(201)
    const { body } = await world.call('GET', '/admin/oracles')
    const added = body.find((each: any) => each.oracleIdType === 'BUSINESS')
    expect(added.endpoint.value).toBe('http://oracle.test')
    const enter = (): Promise<{ status: number }> =>
      world.call('POST', '/admin/oracles/BUSINESS/parties/shop-1', { fspId: 'weaver' })
    expect((await enter()).status).toBe(201)
    await world.heron.send('GET', '/parties/BUSINESS/shop-1')
    await world.settle()
    expect(world.weaver.callbacks()).toMatchObject([{ path: '/parties/BUSINESS/shop-1' }])
    expect((await world.call('DELETE', `/admin/oracles/${added.oracleId}`)).status).toBe(204)
    expect((await enter()).status).toBe(400)
  })

  it.each(['none', '1x', '%20', '-1', '9'.repeat(30)])(
    'have no id "%s", nor has anything',
    async (id) => {
      const before = (await world.call('GET', '/admin/oracles')).body
      expect((await world.call('DELETE', `/admin/oracles/${id}`)).status).toBe(404)
      expect((await world.call('GET', `/admin/settlements/${id}`)).status).toBe(404)
      expect((await world.call('GET', `/admin/settlementWindows/${id}`)).status).toBe(404)
      expect((await world.call('GET', '/admin/oracles')).body).toEqual(before)
    },
  )
})

describe('health and the switch’s own key', () => {
  it('are told', async () => {
    expect((await world.call('GET', '/admin/health')).body).toEqual({
      status: 'OK',
      name: 'switch',
    })
    expect((await world.call('GET', '/lab/health')).body).toEqual({ status: 'OK', name: 'switch' })
    const { body } = await world.call('GET', '/admin/jws-key')
    expect(body.publicKey).toBe(world.theSwitch.publicKeyPem)
    expect((await world.call('GET', '/lab/elsewhere')).status).toBe(404)
  })
})
