import { beforeEach, describe, expect, it } from '@jest/globals'
import {
  aFulfil,
  anId,
  aPrepare,
  aWorld,
  errorOf,
  fulfil,
  fulfilment,
  isSignedBy,
  otherFulfilment,
  pemOf,
  reserve,
  type World,
} from './support.ts'

let world: World
beforeEach(async () => {
  world = await aWorld()
})

async function stateOf(transferId: string): Promise<string | undefined> {
  const { body } = await world.call('GET', '/lab/books')
  return body.transfers.find((each: any) => each.transferId === transferId)?.state
}

describe('POST /transfers', () => {
  it('reserves, raises the position and forwards the very bytes with a signature that still verifies', async () => {
    const body = JSON.stringify(aPrepare(world)).replace(/,/g, ' ,\n ')
    const answer = await world.heron.send('POST', '/transfers', {
      to: 'weaver',
      text: body,
      headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    })
    expect(answer.status).toBe(202)
    expect(answer.bytes).toHaveLength(0)
    expect(await stateOf(anId(1))).toBe('RESERVED')
    await world.settle()
    const [forwarded] = world.weaver.received
    expect(forwarded).toMatchObject({ method: 'POST', path: '/transfers' })
    expect(Buffer.from(forwarded!.bytes).toString()).toBe(body)
    expect(forwarded!.headers).toMatchObject({
      'fspiop-source': 'heron',
      'fspiop-destination': 'weaver',
      accept: 'application/vnd.interoperability.transfers+json;version=1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    })
    expect(isSignedBy(pemOf('heron').publicKeyPem, forwarded!)).toBe(true)
    expect(await world.position('heron')).toBe('100')
    expect(world.heron.received).toHaveLength(0)
  })

  it.each([
    ['an unknown payee', { payeeFsp: 'nobody' }, 'Participant nobody not found'],
    ['the payer itself as payee', { payeeFsp: 'heron' }, 'same FSP'],
    [
      'more decimals than the currency has',
      { amount: { amount: '0.5', currency: 'UGX' } },
      'decimals',
    ],
    [
      'a currency without an account',
      { amount: { amount: '1', currency: 'TZS' } },
      'in TZS not found',
    ],
  ])('aborts with 3100 for %s', async (_, changes, words) => {
    await reserve(world, changes)
    const [callback] = world.heron.callbacks()
    expect(callback).toMatchObject({ method: 'PUT', path: `/transfers/${anId(1)}/error` })
    expect(callback!.body.errorInformation.errorCode).toBe('3100')
    expect(callback!.body.errorInformation.errorDescription).toContain(words)
    expect(isSignedBy(world.theSwitch.publicKeyPem, world.heron.received[0]!)).toBe(true)
    expect(world.heron.received[0]!.headers['fspiop-source']).toBe('switch')
    expect(await stateOf(anId(1))).toBe('ABORTED')
    expect(world.weaver.received).toHaveLength(0)
  })

  it('answers 3100 and keeps nothing when the sender is not the payer', async () => {
    await world.ibis.send('POST', '/transfers', { to: 'weaver', body: aPrepare(world) })
    await world.settle()
    expect(world.ibis.callbacks()[0]!.body.errorInformation.errorCode).toBe('3100')
    expect(await stateOf(anId(1))).toBeUndefined()
    await reserve(world)
    expect(await stateOf(anId(1))).toBe('RESERVED')
  })

  it('refuses inactive participants and accounts with 3100, and takes them again once they are active', async () => {
    await world.call('PUT', '/admin/participants/weaver', { isActive: false })
    await reserve(world, { transferId: anId(1) })
    await world.call('PUT', '/admin/participants/weaver', { isActive: true })
    const accounts = (await world.call('GET', '/admin/participants/heron/accounts')).body
    const { id } = accounts.find((each: any) => each.currency === 'KES')
    await world.call('PUT', `/admin/participants/heron/accounts/${id}`, { isActive: false })
    await reserve(world, { transferId: anId(2) })
    await world.call('PUT', `/admin/participants/heron/accounts/${id}`, { isActive: true })
    await reserve(world, { transferId: anId(3) })
    expect(world.heron.callbacks().map(({ body }) => body.errorInformation.errorCode)).toEqual([
      '3100',
      '3100',
    ])
    expect(await stateOf(anId(3))).toBe('RESERVED')
  })

  it('checks cover before cap: 4001, then 4200', async () => {
    await reserve(world, { transferId: anId(1), amount: { amount: '6000', currency: 'KES' } })
    await reserve(world, { transferId: anId(2), amount: { amount: '1000.01', currency: 'KES' } })
    await reserve(world, { transferId: anId(3), amount: { amount: '1000', currency: 'KES' } })
    await reserve(world, { transferId: anId(4), amount: { amount: '0.01', currency: 'KES' } })
    const codes = world.heron
      .callbacks()
      .map(({ path, body }) => [path, body.errorInformation.errorCode])
    expect(codes).toEqual([
      [`/transfers/${anId(1)}/error`, '4001'],
      [`/transfers/${anId(2)}/error`, '4200'],
      [`/transfers/${anId(4)}/error`, '4200'],
    ])
    expect(await world.position('heron')).toBe('1000')
  })

  it('stores a late POST as ABORTED and answers its repeat with that', async () => {
    const late = aPrepare(world, { expiration: new Date(world.clock.now()).toISOString() })
    await world.heron.send('POST', '/transfers', { to: 'weaver', body: late })
    await world.settle()
    expect(world.heron.callbacks()[0]!.body.errorInformation.errorCode).toBe('3303')
    await world.heron.send('POST', '/transfers', { to: 'weaver', body: late })
    await world.settle()
    expect(world.heron.callbacks()[1]).toMatchObject({
      path: `/transfers/${anId(1)}`,
      body: { transferState: 'ABORTED' },
    })
    const other = { ...late, expiration: new Date(world.clock.now() + 9_000).toISOString() }
    await world.heron.send('POST', '/transfers', { to: 'weaver', body: other })
    await world.settle()
    expect(world.heron.callbacks()[2]!.body.errorInformation.errorCode).toBe('3106')
    expect(world.weaver.received).toHaveLength(0)
  })
})

describe('a repeated POST /transfers', () => {
  it('is answered RESERVED while it is, without a second entry', async () => {
    await reserve(world)
    await reserve(world)
    expect(world.heron.callbacks()).toEqual([
      { method: 'PUT', path: `/transfers/${anId(1)}`, body: { transferState: 'RESERVED' } },
    ])
    expect(world.weaver.received).toHaveLength(1)
    expect(await world.position('heron')).toBe('100')
  })

  it('is the same whatever the order of its keys', async () => {
    const body = aPrepare(world)
    await world.heron.send('POST', '/transfers', { to: 'weaver', body })
    await world.settle()
    const reversed = Object.fromEntries(Object.entries(body).reverse())
    await world.heron.send('POST', '/transfers', { to: 'weaver', body: reversed })
    await world.settle()
    expect(world.heron.callbacks()[0]!.body).toEqual({ transferState: 'RESERVED' })
  })

  it('is 3106 with other parameters, and changes nothing', async () => {
    await reserve(world)
    await reserve(world, { amount: { amount: '101', currency: 'KES' } })
    expect(world.heron.callbacks()[0]!.body.errorInformation.errorCode).toBe('3106')
    expect(await world.position('heron')).toBe('100')
  })

  it('is answered COMMITTED with the fulfilment after its expiration too', async () => {
    const body = aPrepare(world)
    await world.heron.send('POST', '/transfers', { to: 'weaver', body })
    await world.settle()
    await fulfil(world, anId(1))
    await world.clock.advance(60_000)
    await world.heron.send('POST', '/transfers', { to: 'weaver', body })
    await world.settle()
    expect(world.heron.callbacks().at(-1)!.body).toMatchObject({
      transferState: 'COMMITTED',
      fulfilment,
    })
  })

  it('is ignored while the first is still RECEIVED', async () => {
    const body = aPrepare(world)
    await world.heron.send('POST', '/transfers', { to: 'weaver', body })
    world.store.run("UPDATE transfers SET state = 'RECEIVED'")
    const answer = await world.heron.send('POST', '/transfers', { to: 'weaver', body })
    await world.settle()
    expect(answer.status).toBe(202)
    expect(world.heron.received).toHaveLength(0)
  })
})

describe('PUT /transfers/{ID}', () => {
  it('RESERVED commits: our PUT to the payer with the fulfilment, PATCH to the payee without', async () => {
    await reserve(world)
    expect((await fulfil(world, anId(1))).status).toBe(200)
    const completedTimestamp = new Date(world.clock.now()).toISOString()
    expect(world.heron.callbacks()).toEqual([
      {
        method: 'PUT',
        path: `/transfers/${anId(1)}`,
        body: { fulfilment, completedTimestamp, transferState: 'COMMITTED' },
      },
    ])
    expect(world.weaver.callbacks().slice(1)).toEqual([
      {
        method: 'PATCH',
        path: `/transfers/${anId(1)}`,
        body: { completedTimestamp, transferState: 'COMMITTED' },
      },
    ])
    for (const request of [world.heron.received[0]!, world.weaver.received[1]!]) {
      expect(request.headers['fspiop-source']).toBe('switch')
      expect(isSignedBy(world.theSwitch.publicKeyPem, request)).toBe(true)
    }
    expect(await world.position('heron')).toBe('100')
    expect(await world.position('weaver')).toBe('-100')
  })

  it('COMMITTED is relayed byte for byte in the name of the payee, and confirmed to it', async () => {
    await reserve(world)
    await fulfil(world, anId(1), { state: 'COMMITTED' })
    const [toPayer] = world.heron.received
    expect(toPayer!.headers['fspiop-source']).toBe('weaver')
    expect(isSignedBy(pemOf('weaver').publicKeyPem, toPayer!)).toBe(true)
    expect(world.weaver.callbacks()[1]).toMatchObject({
      method: 'PUT',
      path: `/transfers/${anId(1)}`,
      body: { transferState: 'COMMITTED', fulfilment },
    })
    expect(await stateOf(anId(1))).toBe('COMMITTED')
  })

  it('COMMITTED is taken in version 1.0, and what we say to that payee is 1.0', async () => {
    await reserve(world)
    await fulfil(world, anId(1), { state: 'COMMITTED', version: '1.0' })
    expect(world.heron.callbacks()[0]!.body.transferState).toBe('COMMITTED')
    expect(world.weaver.received[1]!.headers['content-type']).toContain('version=1.0')
  })

  it('RESERVED in version 1.0 is dropped without a word, and the transfer runs out', async () => {
    await reserve(world)
    expect((await fulfil(world, anId(1), { version: '1.0' })).status).toBe(200)
    expect(await stateOf(anId(1))).toBe('RESERVED')
    await world.clock.advance(31_000)
    expect(await stateOf(anId(1))).toBe('ABORTED')
  })

  it.each([
    ['a wrong fulfilment', { fulfilment: otherFulfilment }],
    ['no fulfilment', { fulfilment: undefined }],
  ])('aborts for %s: 3100 to both, PATCH ABORTED, position restored', async (_, changes) => {
    await reserve(world)
    await fulfil(world, anId(1), { body: aFulfil(world, 'RESERVED', changes) })
    expect(world.heron.callbacks()[0]).toMatchObject({
      path: `/transfers/${anId(1)}/error`,
      body: { errorInformation: { errorCode: '3100' } },
    })
    expect(world.weaver.callbacks().slice(1)).toMatchObject([
      { method: 'PUT', body: { errorInformation: { errorCode: '3100' } } },
      { method: 'PATCH', body: { transferState: 'ABORTED' } },
    ])
    expect(await world.position('heron')).toBe('0')
  })

  it('from a third party aborts: payer, payee and stranger hear 3100 (as the OSS ledger does)', async () => {
    await reserve(world)
    await world.ibis.send('PUT', `/transfers/${anId(1)}`, {
      to: 'heron',
      body: aFulfil(world, 'COMMITTED'),
    })
    await world.settle()
    for (const fsp of [world.heron, world.weaver, world.ibis]) {
      expect(fsp.callbacks().at(-1)!.body.errorInformation.errorCode).toBe('3100')
    }
    expect(await world.position('heron')).toBe('0')
  })

  it('to another destination than the payer aborts with 3100', async () => {
    await reserve(world)
    await world.weaver.send('PUT', `/transfers/${anId(1)}`, {
      to: 'ibis',
      body: aFulfil(world, 'RESERVED'),
    })
    await world.settle()
    expect(world.heron.callbacks()[0]!.body.errorInformation.errorCode).toBe('3100')
    expect(world.weaver.callbacks().at(-1)).toMatchObject({
      method: 'PATCH',
      body: { transferState: 'ABORTED' },
    })
  })

  it('of an unknown transfer is answered 2001', async () => {
    await fulfil(world, anId(9))
    expect(world.weaver.callbacks()[0]!.body.errorInformation.errorCode).toBe('2001')
  })

  it.each([
    ['in the future', 201],
    ['older than 300 s', -300_001],
  ])('with a completedTimestamp %s is 400/3100, and changes nothing', async (_, offsetMs) => {
    await reserve(world)
    const completedTimestamp = new Date(world.clock.now() + offsetMs).toISOString()
    const body = aFulfil(world, 'RESERVED', { completedTimestamp })
    const answer = await fulfil(world, anId(1), { body })
    expect([answer.status, errorOf(answer)]).toEqual([400, '3100'])
    expect(await stateOf(anId(1))).toBe('RESERVED')
  })

  it('ABORTED is 400/3100: a refusal is PUT …/error', async () => {
    await reserve(world)
    const answer = await fulfil(world, anId(1), { state: 'ABORTED' })
    expect([answer.status, errorOf(answer)]).toEqual([400, '3100'])
  })

  it('after expiration, before the sweep: 3303 to both and PATCH ABORTED', async () => {
    world = await aWorld({ sweepMs: 1_000_000 })
    await reserve(world)
    await world.clock.advance(30_000)
    await fulfil(world, anId(1))
    expect(world.heron.callbacks()[0]!.body.errorInformation.errorCode).toBe('3303')
    expect(world.weaver.callbacks().slice(1)).toMatchObject([
      { method: 'PUT', body: { errorInformation: { errorCode: '3303' } } },
      { method: 'PATCH', body: { transferState: 'ABORTED' } },
    ])
    expect(await world.position('heron')).toBe('0')
  })

  it('after the sweep: 3100 non-RESERVED and PATCH ABORTED to the payee, again for each repeat', async () => {
    await reserve(world)
    await world.clock.advance(31_000)
    const before = world.weaver.received.length
    await fulfil(world, anId(1))
    await fulfil(world, anId(1))
    expect(world.weaver.callbacks().slice(before)).toMatchObject([
      { method: 'PUT', body: { errorInformation: { errorCode: '3100' } } },
      { method: 'PATCH', body: { transferState: 'ABORTED' } },
      { method: 'PUT', body: { errorInformation: { errorCode: '3100' } } },
      { method: 'PATCH', body: { transferState: 'ABORTED' } },
    ])
    expect(await stateOf(anId(1))).toBe('ABORTED')
  })

  it('repeated is answered with the state, even when its completedTimestamp has grown old', async () => {
    await reserve(world)
    const body = aFulfil(world, 'RESERVED')
    await fulfil(world, anId(1), { body })
    await world.clock.advance(400_000)
    const answer = await fulfil(world, anId(1), { body })
    expect(answer.status).toBe(200)
    expect(world.weaver.callbacks().at(-1)).toMatchObject({
      method: 'PUT',
      path: `/transfers/${anId(1)}`,
      body: { transferState: 'COMMITTED', fulfilment },
    })
    expect(await world.position('weaver')).toBe('-100')
    expect(world.heron.received).toHaveLength(1)
  })

  it('repeated with other content is 3106', async () => {
    await reserve(world)
    await fulfil(world, anId(1))
    await fulfil(world, anId(1), {
      body: aFulfil(world, 'COMMITTED', { fulfilment: otherFulfilment }),
    })
    expect(world.weaver.callbacks().at(-1)!.body.errorInformation.errorCode).toBe('3106')
    expect(await stateOf(anId(1))).toBe('COMMITTED')
  })
})

describe('PUT /transfers/{ID}/error', () => {
  async function refuse(errorCode: string): Promise<void> {
    await world.weaver.send('PUT', `/transfers/${anId(1)}/error`, {
      to: 'heron',
      body: { errorInformation: { errorCode, errorDescription: 'no' } },
    })
    await world.settle()
  }

  it('aborts: the payer gets it as it came, the payee a copy, the position is restored', async () => {
    await reserve(world)
    await refuse('5104')
    const [toPayer] = world.heron.received
    expect(toPayer!.path).toBe(`/transfers/${anId(1)}/error`)
    expect(isSignedBy(pemOf('weaver').publicKeyPem, toPayer!)).toBe(true)
    expect(world.weaver.callbacks().at(-1)!.body.errorInformation.errorCode).toBe('5104')
    expect(await world.position('heron')).toBe('0')
    expect(await stateOf(anId(1))).toBe('ABORTED')
  })

  it('with a code that does not exist is told as 3100', async () => {
    await reserve(world)
    await refuse('9999')
    expect(world.heron.callbacks()[0]!.body.errorInformation).toEqual({
      errorCode: '3100',
      errorDescription: 'Generic validation error - API specification undefined errorCode',
    })
  })

  it('after COMMITTED changes nothing', async () => {
    await reserve(world)
    await fulfil(world, anId(1))
    await refuse('5104')
    expect(world.weaver.callbacks().at(-1)!.body.errorInformation.errorCode).toBe('3106')
    expect(await stateOf(anId(1))).toBe('COMMITTED')
  })
})

describe('GET /transfers/{ID}', () => {
  async function ask(fsp: 'heron' | 'weaver' | 'ibis'): Promise<any> {
    const answer = await world[fsp].send('GET', `/transfers/${anId(1)}`)
    expect(answer.status).toBe(202)
    await world.settle()
    return world[fsp].callbacks().at(-1)
  }

  it('is answered with the state, to payer and payee', async () => {
    await reserve(world)
    expect((await ask('heron')).body).toEqual({ transferState: 'RESERVED' })
    await fulfil(world, anId(1))
    const committed = { transferState: 'COMMITTED', fulfilment }
    expect((await ask('heron')).body).toMatchObject(committed)
    expect((await ask('weaver')).body).toMatchObject(committed)
  })

  it('is 3208 for what is not there, dated at the reading', async () => {
    await world.clock.advance(1_500)
    const callback = await ask('heron')
    expect(callback.body.errorInformation.errorCode).toBe('3208')
    expect(world.heron.received.at(-1)!.headers['date']).toBe(
      new Date(world.clock.now()).toUTCString(),
    )
  })

  it('is 3000 for who is no party of the transfer', async () => {
    await reserve(world)
    expect((await ask('ibis')).body.errorInformation.errorCode).toBe('3000')
  })
})

describe('the sweep', () => {
  it('aborts what has expired within one sweep: 3303 to payer and payee, position restored', async () => {
    await reserve(world)
    await world.clock.advance(29_999)
    expect(await stateOf(anId(1))).toBe('RESERVED')
    await world.clock.advance(1_001)
    expect(await stateOf(anId(1))).toBe('ABORTED')
    for (const fsp of [world.heron, world.weaver]) {
      expect(fsp.callbacks().at(-1)).toMatchObject({
        path: `/transfers/${anId(1)}/error`,
        body: { errorInformation: { errorCode: '3303' } },
      })
    }
    expect(await world.position('heron')).toBe('0')
  })

  it('tells the payer alone about what was only RECEIVED', async () => {
    await world.heron.send('POST', '/transfers', { to: 'weaver', body: aPrepare(world) })
    world.store.run("UPDATE transfers SET state = 'RECEIVED'")
    world.store.run("UPDATE accounts SET balance = '0' WHERE type = 'POSITION'")
    await world.clock.advance(31_000)
    expect(world.heron.callbacks().at(-1)!.body.errorInformation.errorCode).toBe('3303')
    expect(world.weaver.callbacks('/error')).toHaveLength(0)
    expect(await world.position('heron')).toBe('0')
  })
})
