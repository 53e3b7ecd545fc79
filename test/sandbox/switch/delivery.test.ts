import { beforeEach, describe, expect, it } from '@jest/globals'
import { endpointUrl } from '../../../sandbox/switch/relay/endpoint.ts'
import { anId, aPrepare, aWorld, fulfil, reserve, type World } from './support.ts'

let world: World
beforeEach(async () => {
  world = await aWorld()
})

const taken = { status: 200, headers: {}, bytes: new Uint8Array() }

/** Answers with these statuses in turn, the last one for ever; 0 is no answer at all. */
function answering(...statuses: readonly number[]): () => Promise<typeof taken> {
  let n = 0
  return async () => ({ ...taken, status: statuses[Math.min(n++, statuses.length - 1)] ?? 200 })
}

describe('a callback', () => {
  it.each([
    ['a 500', 500],
    ['a 429', 429],
    ['no answer', 0],
  ])('is sent again after %s, the same', async (_, status) => {
    await reserve(world)
    world.heron.answer = answering(status, status, 200)
    await fulfil(world, anId(1))
    await world.clock.advance(10_000)
    expect(world.heron.received).toHaveLength(3)
    const [first, , third] = world.heron.received
    expect(Buffer.from(third!.bytes)).toEqual(Buffer.from(first!.bytes))
  })

  it('is not sent again after a 400: saying it twice makes it no better', async () => {
    await reserve(world)
    world.heron.answer = answering(400)
    await fulfil(world, anId(1))
    await world.clock.advance(60_000)
    expect(world.heron.received).toHaveLength(1)
  })

  it('is given up after half a minute; the ledger still answers a GET', async () => {
    await reserve(world)
    world.heron.answer = answering(503)
    await fulfil(world, anId(1))
    await world.clock.advance(300_000)
    const { length } = world.heron.received
    expect(length).toBe(8)
    world.heron.answer = answering(200)
    await world.heron.send('GET', `/transfers/${anId(1)}`)
    await world.settle()
    expect(world.heron.callbacks().slice(length)).toMatchObject([
      { body: { transferState: 'COMMITTED' } },
    ])
  })

  it('waits for what was to be said before it about the same transfer, and for nothing else', async () => {
    world.weaver.answer = answering(503, 200)
    await reserve(world, { transferId: anId(1) })
    await fulfil(world, anId(1))
    await reserve(world, { transferId: anId(2), amount: { amount: '1', currency: 'KES' } })
    expect(world.weaver.callbacks().map(({ method, body }) => [method, body.transferId])).toEqual([
      ['POST', anId(1)],
      ['POST', anId(2)],
    ])
    await world.clock.advance(1_000)
    expect(world.weaver.callbacks().map(({ method }) => method)).toEqual([
      'POST',
      'POST',
      'POST',
      'PATCH',
    ])
  })

  it('to who never answers holds up nobody else', async () => {
    world.weaver.answer = () => new Promise(() => undefined)
    for (const n of [1, 2, 3]) await reserve(world, { transferId: anId(n) })
    await reserve(world, { transferId: anId(4), payeeFsp: 'ibis' })
    expect(world.weaver.received).toHaveLength(3)
    expect(world.ibis.received).toHaveLength(1)
  })

  it('stops being forwarded when the transfer has run out', async () => {
    world.weaver.answer = answering(503)
    const expiration = new Date(world.clock.now() + 3_000).toISOString()
    const body = aPrepare(world, { expiration })
    await world.heron.send('POST', '/transfers', { to: 'weaver', body })
    await world.clock.advance(100_000)
    expect(world.weaver.received.filter(({ method }) => method === 'POST')).toHaveLength(4)
  })
})

describe('the endpoint of a message', () => {
  const base = { type: 'FSPIOP_CALLBACK_URL', value: 'http://hub/fsp/heron/' }
  const endpoints = [
    base,
    {
      type: 'FSPIOP_CALLBACK_URL_TRANSFER_ERROR',
      value: 'http://old/transfers/{{transferId}}/error',
    },
    {
      type: 'FSPIOP_CALLBACK_URL_PARTIES_SUB_ID_GET',
      value: 'http://old/p/{{partyIdType}}/{{partyIdentifier}}/{{partySubIdOrType}}',
    },
    { type: 'FSPIOP_CALLBACK_URL_QUOTES', value: 'http://quotes' },
  ]

  it.each([
    ['PUT', '/transfers/1', 'http://hub/fsp/heron/transfers/1'],
    ['PATCH', '/transfers/1', 'http://hub/fsp/heron/transfers/1'],
    ['PUT', '/transfers/1/error', 'http://old/transfers/1/error'],
    ['GET', '/parties/MSISDN/1', 'http://hub/fsp/heron/parties/MSISDN/1'],
    ['GET', '/parties/BUSINESS/a%20b/till?x=1', 'http://old/p/BUSINESS/a%20b/till?x=1'],
    ['PUT', '/quotes/1/error', 'http://quotes/quotes/1/error'],
  ])('%s %s is %s', (method, path, url) => {
    expect(endpointUrl(endpoints, { method, path })).toBe(url)
  })

  it('is none for who has registered nothing', () => {
    expect(endpointUrl([], { method: 'PUT', path: '/transfers/1' })).toBeUndefined()
  })
})
