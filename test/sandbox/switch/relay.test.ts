import { beforeEach, describe, expect, it } from '@jest/globals'
import { anId, aWorld, condition, isSignedBy, pemOf, type World } from './support.ts'

let world: World
beforeEach(async () => {
  world = await aWorld()
})

const party = {
  party: {
    partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier: '254720000001', fspId: 'weaver' },
    personalInfo: { complexName: { firstName: 'Akinyi', lastName: 'မောင်' } },
  },
}

async function register(path = '/participants/MSISDN/254720000001'): Promise<void> {
  await world.weaver.send('POST', path, { body: { fspId: 'weaver', currency: 'KES' } })
  await world.settle()
}

function aQuoteRequest(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const idInfo = (partyIdentifier: string, fspId: string): unknown => ({
    partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier, fspId },
  })
  return {
    quoteId: anId(1),
    transactionId: anId(2),
    payer: idInfo('254710000001', 'heron'),
    payee: idInfo('254720000001', 'weaver'),
    amountType: 'SEND',
    amount: { amount: '100', currency: 'KES' },
    transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
    ...changes,
  }
}

describe('/participants', () => {
  it('enters a party for its own FSP and calls back', async () => {
    await register()
    expect(world.weaver.callbacks()).toEqual([
      { method: 'PUT', path: '/participants/MSISDN/254720000001', body: { fspId: 'weaver' } },
    ])
    expect(isSignedBy(world.theSwitch.publicKeyPem, world.weaver.received[0]!)).toBe(true)
    await world.heron.send('GET', '/participants/MSISDN/254720000001')
    await world.settle()
    expect(world.heron.callbacks()[0]!.body).toEqual({ fspId: 'weaver' })
  })

  it('refuses what is another FSP’s, or a type without an oracle', async () => {
    await register()
    const body = { fspId: 'ibis' }
    await world.ibis.send('POST', '/participants/MSISDN/254720000001', { body })
    await world.ibis.send('POST', '/participants/MSISDN/254720000002', { body: { fspId: 'heron' } })
    await world.ibis.send('POST', '/participants/IBAN/KE1', { body })
    await world.ibis.send('DELETE', '/participants/MSISDN/254720000001')
    await world.ibis.send('DELETE', '/participants/MSISDN/254720000009')
    await world.settle()
    const codes = world.ibis
      .callbacks()
      .map(({ path, body: { errorInformation } }) => [
        path.split('/').at(-1),
        errorInformation.errorCode,
      ])
    expect(codes).toEqual([
      ['error', '3003'],
      ['error', '3003'],
      ['error', '3003'],
      ['error', '3040'],
      ['error', '3204'],
    ])
  })

  it('forgets a party that its FSP removes', async () => {
    await register()
    await world.weaver.send('DELETE', '/participants/MSISDN/254720000001?currency=KES')
    await world.heron.send('GET', '/participants/MSISDN/254720000001')
    await world.settle()
    expect(world.weaver.callbacks().at(-1)).toEqual({
      method: 'PUT',
      path: '/participants/MSISDN/254720000001',
      body: {},
    })
    expect(world.heron.callbacks()[0]!.body.errorInformation.errorCode).toBe('3204')
  })

  it('enters many at once, and says of each whether it did', async () => {
    await register()
    const entry = (partyIdType: string, partyIdentifier: string): unknown => ({
      partyIdType,
      partyIdentifier,
      fspId: 'ibis',
    })
    await world.ibis.send('POST', '/participants', {
      body: {
        requestId: anId(5),
        currency: 'KES',
        partyList: [
          entry('MSISDN', '254730000001'),
          entry('MSISDN', '254720000001'),
          entry('ALIAS', 'ibis-1'),
        ],
      },
    })
    await world.settle()
    const [callback] = world.ibis.callbacks()
    expect(callback!.path).toBe(`/participants/${anId(5)}`)
    expect(
      callback!.body.partyList.map((each: any) => each.errorInformation?.errorCode ?? 'entered'),
    ).toEqual(['entered', '3003', 'entered'])
  })
})

describe('/parties', () => {
  it('asks the FSP that the oracle names, and says to whom it goes', async () => {
    await register()
    const answer = await world.heron.send('GET', '/parties/MSISDN/254720000001')
    expect([answer.status, answer.bytes.length]).toEqual([202, 0])
    await world.settle()
    const asked = world.weaver.received.at(-1)!
    expect(asked).toMatchObject({ method: 'GET', path: '/parties/MSISDN/254720000001' })
    expect(asked.headers).toMatchObject({
      'fspiop-source': 'heron',
      'fspiop-destination': 'weaver',
      'content-type': 'application/vnd.interoperability.parties+json;version=1.1',
    })
  })

  it('relays the answer byte for byte, with a signature that still verifies', async () => {
    const text = JSON.stringify(party, undefined, 3)
    const path = '/parties/MSISDN/254720000001'
    const answer = await world.weaver.send('PUT', path, { to: 'heron', text })
    expect(answer.status).toBe(200)
    await world.settle()
    const [relayed] = world.heron.received
    expect(Buffer.from(relayed!.bytes).toString()).toBe(text)
    expect(relayed!.headers['fspiop-source']).toBe('weaver')
    expect(isSignedBy(pemOf('weaver').publicKeyPem, relayed!)).toBe(true)
  })

  it('relays an error, with and without a sub id', async () => {
    const body = { errorInformation: { errorCode: '3204', errorDescription: 'Party not found' } }
    await world.weaver.send('PUT', '/parties/MSISDN/1/error', { to: 'heron', body })
    await world.weaver.send('PUT', '/parties/BUSINESS/1/till/error', { to: 'heron', body })
    await world.settle()
    expect(world.heron.callbacks()).toEqual([
      { method: 'PUT', path: '/parties/MSISDN/1/error', body },
      { method: 'PUT', path: '/parties/BUSINESS/1/till/error', body },
    ])
  })

  it.each([
    ['3204', 'MSISDN/254720000009', undefined],
    ['3003', 'IBAN/KE1', undefined],
    ['3201', 'MSISDN/254720000001', 'nobody'],
    ['3204', 'MSISDN/254720000001/till', undefined],
  ])('calls back %s for %s', async (code, who, to) => {
    await register()
    const options = to === undefined ? {} : { to }
    await world.heron.send('GET', `/parties/${who}`, options)
    await world.settle()
    expect(world.heron.callbacks()[0]).toMatchObject({
      path: `/parties/${who}/error`,
      body: { errorInformation: { errorCode: code } },
    })
    expect(world.heron.received[0]!.headers['fspiop-source']).toBe('switch')
  })

  it('calls back 1001 at once when the FSP cannot be reached or does not take it', async () => {
    await register()
    world.network.cut('weaver.test')
    await world.heron.send('GET', '/parties/MSISDN/254720000001')
    await world.settle()
    world.network.restore('weaver.test')
    world.weaver.answer = async () => ({ status: 500, headers: {}, bytes: new Uint8Array() })
    await world.heron.send('GET', '/parties/MSISDN/254720000001')
    await world.settle()
    expect(world.heron.callbacks().map(({ body }) => body.errorInformation.errorCode)).toEqual([
      '1001',
      '1001',
    ])
  })

  it('tries a callback again until it is taken', async () => {
    world.network.cut('heron.test')
    await world.weaver.send('PUT', '/parties/MSISDN/254720000001', { to: 'heron', body: party })
    await world.clock.advance(3_000)
    expect(world.heron.received).toHaveLength(0)
    world.network.restore('heron.test')
    await world.clock.advance(2_000)
    expect(world.heron.callbacks()).toEqual([
      { method: 'PUT', path: '/parties/MSISDN/254720000001', body: party },
    ])
  })

  it('uses a callback URL that was changed at once, and templates as the OSS switch has them', async () => {
    await register()
    await world.call('POST', '/admin/participants/weaver/endpoints', {
      type: 'FSPIOP_CALLBACK_URL_PARTIES_GET',
      value: 'http://ibis.test/somewhere/{{partyIdType}}/else/{{partyIdentifier}}',
    })
    await world.heron.send('GET', '/parties/MSISDN/254720000001')
    await world.settle()
    expect(world.ibis.callbacks()).toMatchObject([
      { method: 'GET', path: '/somewhere/MSISDN/else/254720000001' },
    ])
  })
})

describe('/quotes', () => {
  it('passes a request and its answer on as they are', async () => {
    const answer = await world.heron.send('POST', '/quotes', {
      to: 'weaver',
      body: aQuoteRequest(),
    })
    expect(answer.status).toBe(202)
    const quote = {
      transferAmount: { amount: '100', currency: 'KES' },
      payeeReceiveAmount: { amount: '99.5', currency: 'KES' },
      expiration: '2026-01-01T00:01:00.000Z',
      ilpPacket: 'AYIBgQ',
      condition,
    }
    await world.weaver.send('PUT', `/quotes/${anId(1)}`, { to: 'heron', body: quote })
    await world.settle()
    expect(world.weaver.callbacks()).toEqual([
      { method: 'POST', path: '/quotes', body: aQuoteRequest() },
    ])
    expect(world.heron.callbacks()).toEqual([
      { method: 'PUT', path: `/quotes/${anId(1)}`, body: quote },
    ])
    expect(isSignedBy(pemOf('heron').publicKeyPem, world.weaver.received[0]!)).toBe(true)
    expect(isSignedBy(pemOf('weaver').publicKeyPem, world.heron.received[0]!)).toBe(true)
  })

  it('passes a repeat on again, and calls back 3106 for another request under the same id', async () => {
    await world.heron.send('POST', '/quotes', { to: 'weaver', body: aQuoteRequest() })
    await world.heron.send('POST', '/quotes', { to: 'weaver', body: aQuoteRequest() })
    const amount = { amount: '101', currency: 'KES' }
    await world.heron.send('POST', '/quotes', { to: 'weaver', body: aQuoteRequest({ amount }) })
    await world.settle()
    expect(world.weaver.received).toHaveLength(2)
    expect(world.heron.callbacks()).toMatchObject([
      { path: `/quotes/${anId(1)}/error`, body: { errorInformation: { errorCode: '3106' } } },
    ])
  })

  it('calls back 3201 for an unknown destination, and routes GET', async () => {
    await world.heron.send('POST', '/quotes', { to: 'nobody', body: aQuoteRequest() })
    await world.heron.send('GET', `/quotes/${anId(1)}`, { to: 'weaver' })
    await world.settle()
    expect(world.heron.callbacks()[0]!.body.errorInformation.errorCode).toBe('3201')
    expect(world.weaver.callbacks()).toMatchObject([{ method: 'GET', path: `/quotes/${anId(1)}` }])
  })
})
