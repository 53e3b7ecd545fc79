import { beforeEach, describe, expect, it } from '@jest/globals'
import { anId, aWorld, fulfil, reserve, type World } from './support.ts'

let world: World
beforeEach(async () => {
  world = await aWorld()
})

/** heron pays weaver. */
async function pay(n: number, amount: string, currency = 'KES'): Promise<void> {
  await reserve(world, { transferId: anId(n), amount: { amount, currency } })
  await fulfil(world, anId(n))
}

async function books(currency = 'KES'): Promise<Record<string, any>> {
  const { body } = await world.call('GET', '/lab/books')
  const found = body.currencies.find((each: any) => each.currency === currency)
  return Object.fromEntries(found.participants.map((each: any) => [each.participant, each]))
}

async function settlement(id: number): Promise<any> {
  return (await world.call('GET', `/admin/settlements/${id}`)).body
}

describe('POST /admin/settlements/settle', () => {
  it('settles all that was committed, per currency, to a sum of zero, and resets positions', async () => {
    await pay(1, '100.5')
    await pay(2, '0.75')
    await pay(3, '900', 'UGX')
    await reserve(world, { transferId: anId(4), amount: { amount: '7', currency: 'KES' } })
    const { status, body } = await world.call('POST', '/admin/settlements/settle')
    expect(status).toBe(200)
    expect(body).toEqual({
      settlementId: 1,
      currencies: {
        KES: { heron: '101.25', weaver: '-101.25' },
        UGX: { heron: '900', weaver: '-900' },
      },
    })
    expect(await books()).toMatchObject({
      heron: { position: '7', reserved: '7', settled: '101.25', settlementBalance: '-4898.75' },
      weaver: { position: '0', settled: '-101.25', settlementBalance: '-5101.25' },
      ibis: { position: '0', settled: '0', settlementBalance: '-5000' },
    })
    expect((await settlement(1)).state).toBe('SETTLED')
  })

  it('settles nothing twice, and nothing when there is nothing', async () => {
    await pay(1, '100')
    await world.call('POST', '/admin/settlements/settle')
    const { body } = await world.call('POST', '/admin/settlements/settle')
    expect(body).toEqual({ settlementId: null, currencies: {} })
    await pay(2, '50')
    const again = await world.call('POST', '/admin/settlements/settle')
    expect(again.body.currencies).toEqual({ KES: { heron: '50', weaver: '-50' } })
  })

  it('gives the cap back to who had used it up', async () => {
    await pay(1, '1000')
    await reserve(world, { transferId: anId(2) })
    expect(world.heron.callbacks().at(-1)!.body.errorInformation.errorCode).toBe('4200')
    await world.call('POST', '/admin/settlements/settle')
    await pay(3, '1000')
    expect(world.heron.callbacks().at(-1)!.body.transferState).toBe('COMMITTED')
  })
})

describe('settlement step by step', () => {
  const steps = [
    'PS_TRANSFERS_RECORDED',
    'PS_TRANSFERS_RESERVED',
    'PS_TRANSFERS_COMMITTED',
    'SETTLED',
  ]
  async function close(): Promise<number> {
    const { body } = await world.call('GET', '/admin/settlementWindows?state=OPEN')
    expect(body).toHaveLength(1)
    const id = body[0].settlementWindowId
    const order = { state: 'CLOSED', reason: 'end of day' }
    const closed = await world.call('POST', `/admin/settlementWindows/${id}`, order)
    expect(closed.body.state).toBe('CLOSED')
    return id
  }
  function create(id: number): Promise<{ status: number; body: any }> {
    return world.call('POST', '/admin/settlements', {
      reason: 'end of day',
      settlementModel: 'DEFERREDNET',
      settlementWindows: [{ id }],
    })
  }
  function advance(of: any, participant: any, state: string): Promise<{ status: number }> {
    const [account] = participant.accounts
    const path = `/admin/settlements/${of.id}/participants/${participant.id}/accounts/${account.id}`
    return world.call('PUT', path, { state, reason: 'next' })
  }

  it('moves money at PS_TRANSFERS_COMMITTED, account by account, and ends SETTLED', async () => {
    await pay(1, '100')
    const { body } = await create(await close())
    expect(body).toMatchObject({
      state: 'PENDING_SETTLEMENT',
      participants: [
        { id: 'heron', accounts: [{ netSettlementAmount: { amount: '100', currency: 'KES' } }] },
        { id: 'weaver', accounts: [{ netSettlementAmount: { amount: '-100', currency: 'KES' } }] },
      ],
    })
    const seen: string[] = []
    for (const step of steps) {
      for (const participant of body.participants) {
        expect((await advance(body, participant, step)).status).toBe(200)
        seen.push((await settlement(body.id)).state)
      }
    }
    expect(seen).toEqual([
      'PENDING_SETTLEMENT',
      'PS_TRANSFERS_RECORDED',
      'PS_TRANSFERS_RECORDED',
      'PS_TRANSFERS_RESERVED',
      'PS_TRANSFERS_RESERVED',
      'PS_TRANSFERS_COMMITTED',
      'SETTLING',
      'SETTLED',
    ])
    expect(await world.position('heron')).toBe('0')
    const windows = (await world.call('GET', '/admin/settlementWindows')).body
    expect(windows.map((each: any) => each.state)).toEqual(['SETTLED', 'OPEN'])
  })

  it('skips no step, and repeats none', async () => {
    await pay(1, '100')
    const { body } = await create(await close())
    const [heron] = body.participants
    expect((await advance(body, heron, 'SETTLED')).status).toBe(400)
    for (const step of steps.slice(0, 3)) await advance(body, heron, step)
    expect((await advance(body, heron, 'PS_TRANSFERS_COMMITTED')).status).toBe(200)
    expect(await world.position('heron')).toBe('0')
    expect(await world.position('weaver')).toBe('-100')
  })

  it('assigns later commits to the next window', async () => {
    await pay(1, '100')
    const first = await close()
    await pay(2, '30')
    const { body } = await create(first)
    expect(body.participants[0].accounts[0].netSettlementAmount.amount).toBe('100')
  })

  it('refuses open, empty and settled windows', async () => {
    const { body } = await world.call('GET', '/admin/settlementWindows?state=OPEN')
    expect((await create(body[0].settlementWindowId)).status).toBe(400)
    expect((await create(await close())).status).toBe(400)
    await pay(1, '100')
    const id = await close()
    expect((await create(id)).status).toBe(200)
    expect((await create(id)).status).toBe(400)
  })

  it('can be aborted before money moved; its windows are settled again', async () => {
    await pay(1, '100')
    const id = await close()
    const { body } = await create(id)
    const order = { state: 'ABORTED', reason: 'wrong day' }
    const aborted = await world.call('PUT', `/admin/settlements/${body.id}`, order)
    expect(aborted.body.state).toBe('ABORTED')
    expect((await advance(body, body.participants[0], 'PS_TRANSFERS_RECORDED')).status).toBe(400)
    expect((await create(id)).status).toBe(200)
    expect(await world.position('heron')).toBe('100')
  })

  it('is not ordered by hand for a gross model, and moves nothing without autoPositionReset', async () => {
    const { body } = await world.call('GET', '/admin/settlementModels')
    const [net] = body
    expect(net.name).toBe('DEFERREDNET')
    await world.call('POST', '/admin/settlementModels', {
      ...net,
      name: 'CGS',
      settlementGranularity: 'GROSS',
      settlementInterchange: 'BILATERAL',
      settlementDelay: 'IMMEDIATE',
    })
    const kept = { ...net, name: 'KEEPS', autoPositionReset: false }
    expect((await world.call('POST', '/admin/settlementModels', kept)).status).toBe(201)
    await pay(1, '100')
    const id = await close()
    const order = (settlementModel: string): Promise<{ status: number; body: any }> =>
      world.call('POST', '/admin/settlements', {
        reason: 'r',
        settlementModel,
        settlementWindows: [{ id }],
      })
    expect((await order('CGS')).status).toBe(400)
    const created = (await order('KEEPS')).body
    for (const step of steps) {
      for (const participant of created.participants) await advance(created, participant, step)
    }
    expect((await settlement(created.id)).state).toBe('SETTLED')
    expect(await world.position('heron')).toBe('100')
  })
})
