import { beforeAll, describe, expect, it } from '@jest/globals'
import { conditionOf } from '../../../../sandbox/bank/fspiop/ilp.ts'
import { aDirectBank, aPrepare, aQuoteRequest, ids, party, type DirectBank } from './support.ts'

const state = (transferState: string, method = 'PATCH') =>
  ({ method, path: `/transfers/${ids.transfer}`, body: { transferState } }) as const

async function aQuotedBank(): Promise<DirectBank> {
  const bank = await aDirectBank()
  expect(await bank.tell(aQuoteRequest())).toEqual({ status: 202, errorCode: undefined })
  return bank
}

async function aReservedBank(): Promise<DirectBank> {
  const bank = await aQuotedBank()
  expect(await bank.tell(aPrepare(bank))).toEqual({ status: 202, errorCode: undefined })
  return bank
}

function answersTo(bank: DirectBank, path: string): readonly string[] {
  return bank.sent
    .filter(({ line }) => line === `PUT ${path}`)
    .map(({ request }) => Buffer.from(request.bytes).toString('utf8'))
}

// The first bank makes the keys for all of them, which takes its time on a busy machine.
beforeAll(async () => {
  await aDirectBank()
}, 60_000)

describe('a bank that is asked as payee', () => {
  it('says who its customer is', async () => {
    const bank = await aDirectBank()
    await bank.tell({
      method: 'GET',
      path: '/parties/MSISDN/254740000001',
      source: 'heron',
      signature: 'none',
    })
    expect(bank.sent[0]).toMatchObject({
      line: 'PUT /parties/MSISDN/254740000001',
      body: {
        party: {
          partyIdInfo: {
            partyIdType: 'MSISDN',
            partyIdentifier: '254740000001',
            fspId: 'kingfisher',
          },
          name: 'Zawadi Mwanyumba',
        },
      },
      request: { headers: { 'fspiop-source': 'kingfisher', 'fspiop-destination': 'heron' } },
    })
  })

  it('does not know a stranger', async () => {
    const bank = await aDirectBank()
    await bank.tell({
      method: 'GET',
      path: '/parties/MSISDN/254740000009',
      source: 'heron',
      signature: 'none',
    })
    expect(bank.sent[0]).toMatchObject({
      line: 'PUT /parties/MSISDN/254740000009/error',
      body: { errorInformation: { errorCode: '3204' } },
    })
  })

  it('gives a quote once: the same request gets the same bytes, another one 3106', async () => {
    const bank = await aQuotedBank()
    await bank.clock.advance(3_000)
    await bank.tell(aQuoteRequest())
    const [first, second] = answersTo(bank, `/quotes/${ids.quote}`)
    expect(second).toBe(first)
    await bank.tell(aQuoteRequest({ amount: { amount: '7', currency: 'KES' } }))
    expect(bank.sent.at(-1)).toMatchObject({ body: { errorInformation: { errorCode: '3106' } } })
  })

  it.each([
    ['a frozen account', { payee: party('254740000007', 'kingfisher') }, '5400'],
    ['a stranger', { payee: party('254740000009', 'kingfisher') }, '3204'],
    ['a currency not held', { amount: { amount: '1', currency: 'EUR' } }, '5106'],
    ['a currency of nowhere', { amount: { amount: '1', currency: 'ABC' } }, '5106'],
    ['too many decimals', { amount: { amount: '1.005', currency: 'KES' } }, '5103'],
    ['a quote that has expired', { expiration: '2025-12-31T23:59:59.000Z' }, '3302'],
  ])('gives no quote for %s', async (_what, changes, errorCode) => {
    const bank = await aDirectBank()
    await bank.tell(aQuoteRequest(changes))
    expect(bank.sent).toMatchObject([
      { line: `PUT /quotes/${ids.quote}/error`, body: { errorInformation: { errorCode } } },
    ])
  })
})

describe('a bank that is sent a transfer', () => {
  it('answers RESERVED with the fulfilment of its quote, and credits only at COMMITTED', async () => {
    const bank = await aReservedBank()
    const told = bank.sent.at(-1)
    expect(told).toMatchObject({
      line: `PUT /transfers/${ids.transfer}`,
      body: { transferState: 'RESERVED' },
      request: {
        headers: {
          'fspiop-destination': 'heron',
          'content-type': expect.stringMatching(/version=1.1$/),
        },
      },
    })
    const { condition } = aPrepare(bank).body as { condition: string }
    expect(conditionOf(told?.body.fulfilment)).toBe(condition)
    expect(bank.booked(ids.transfer)).toBeUndefined()
    await bank.tell(state('COMMITTED'))
    expect(bank.booked(ids.transfer)).toBe('COMMITTED')
  })

  it('answers a repeat with the same bytes, also after expiration', async () => {
    const bank = await aQuotedBank()
    const prepare = aPrepare(bank)
    await bank.tell(prepare)
    await bank.clock.advance(40_000)
    await bank.tell(prepare)
    const answers = answersTo(bank, `/transfers/${ids.transfer}`)
    expect(answers.length).toBeGreaterThan(2)
    expect(new Set(answers).size).toBe(1)
  })

  it('refuses another transfer under an id that it has answered', async () => {
    const bank = await aReservedBank()
    const other = aPrepare(bank, { expiration: '2026-01-01T01:00:00.000Z' })
    expect(await bank.tell(other)).toEqual({ status: 400, errorCode: '3106' })
  })

  it.each([
    ['another amount', { amount: { amount: '100.4', currency: 'KES' } }, '3100'],
    ['another payer', { payerFsp: 'switch' }, '3100'],
    ['another packet', { ilpPacket: 'AYIB' }, '3100'],
    ['a condition that nobody quoted', { condition: 'a'.repeat(43) }, '3205'],
    ['an expiration in the past', { expiration: '2025-12-31T23:59:59.000Z' }, '3303'],
  ])('refuses %s, and says so again', async (_what, changes, errorCode) => {
    const bank = await aQuotedBank()
    const prepare = aPrepare(bank, changes)
    await bank.tell(prepare)
    await bank.tell(prepare)
    const answers = answersTo(bank, `/transfers/${ids.transfer}/error`)
    expect(answers).toHaveLength(2)
    expect(answers[1]).toBe(answers[0])
    expect(bank.sent.at(-1)).toMatchObject({ body: { errorInformation: { errorCode } } })
  })

  it('refuses a transfer on a quote that has expired, or was used', async () => {
    const bank = await aReservedBank()
    const second = '44444444-4444-4444-8444-444444444444'
    await bank.tell(aPrepare(bank, { transferId: second }))
    expect(bank.sent.at(-1)?.body.errorInformation.errorCode).toBe('5105')
    const other = await aQuotedBank()
    await other.clock.advance(61_000)
    await other.tell(aPrepare(other))
    expect(other.sent.at(-1)?.body.errorInformation.errorCode).toBe('3302')
  })

  it('refuses when the account was frozen after the quote', async () => {
    const bank = await aQuotedBank()
    await bank.ask('PUT', '/lab/customers/254740000002', { frozen: true })
    await bank.tell(aPrepare(bank))
    expect(bank.sent.at(-1)?.body.errorInformation.errorCode).toBe('5400')
  })

  it('credits once, whatever is said afterwards', async () => {
    const bank = await aReservedBank()
    for (const told of [state('COMMITTED'), state('COMMITTED', 'PUT'), state('ABORTED')]) {
      expect((await bank.tell(told)).status).toBe(200)
    }
    const rows = bank.bank.books().transfers
    expect(rows).toMatchObject([{ state: 'COMMITTED', amount: '100.50' }])
  })

  it('drops it at ABORTED, and credits no more', async () => {
    const bank = await aReservedBank()
    await bank.tell(state('ABORTED'))
    await bank.tell(state('COMMITTED'))
    expect(bank.booked(ids.transfer)).toBeUndefined()
    const before = bank.sent.length
    await bank.clock.advance(300_000)
    expect(bank.sent).toHaveLength(before)
  })

  it('believes nobody but the switch, and no message that is not signed by it', async () => {
    const bank = await aReservedBank()
    expect(await bank.tell({ ...state('COMMITTED'), source: 'heron' })).toEqual({
      status: 400,
      errorCode: '3100',
    })
    expect(await bank.tell({ ...state('COMMITTED'), signature: 'none' })).toEqual({
      status: 400,
      errorCode: '3105',
    })
    expect(await bank.tell({ ...state('COMMITTED'), signature: 'wrong' })).toEqual({
      status: 400,
      errorCode: '3105',
    })
    expect(bank.booked(ids.transfer)).toBeUndefined()
  })

  it('without a word tells its answer again, then asks, and after expiration only asks', async () => {
    const bank = await aReservedBank()
    const before = bank.sent.length
    await bank.clock.advance(5_000)
    await bank.clock.advance(10_000)
    await bank.clock.advance(300_000)
    const path = `/transfers/${ids.transfer}`
    const lines = bank.sent.slice(before).map(({ line }) => line)
    expect(lines.slice(0, 2)).toEqual([`PUT ${path}`, `GET ${path}`])
    expect(new Set(lines.slice(2))).toEqual(new Set([`GET ${path}`]))
    expect(lines.length).toBeGreaterThan(4)
  })

  it('asks at once after an error callback, but only once', async () => {
    const bank = await aReservedBank()
    const error = {
      method: 'PUT',
      path: `/transfers/${ids.transfer}/error`,
      body: { errorInformation: { errorCode: '3303', errorDescription: 'Transfer expired' } },
    }
    const before = bank.sent.length
    for (let n = 0; n < 3; n++) await bank.tell(error)
    expect(bank.sent.slice(before).map(({ line }) => line)).toEqual([
      `GET /transfers/${ids.transfer}`,
    ])
  })

  it('goes on after a restart', async () => {
    const first = await aReservedBank()
    first.bank.close()
    const bank = await aDirectBank({ store: first.store, clock: first.clock })
    await bank.clock.advance(10)
    expect(bank.sent.map(({ line }) => line)).toEqual([`PUT /transfers/${ids.transfer}`])
    await bank.tell(state('COMMITTED'))
    expect(bank.booked(ids.transfer)).toBe('COMMITTED')
  })
})

describe('the door', () => {
  it.each([
    [{ 'content-type': 'application/json' }, 400, '3101'],
    [{ 'content-type': 'application/vnd.interoperability.quotes+json;version=2.0' }, 406, '3001'],
    [{ date: '' }, 400, '3102'],
    [{ date: 'yesterday' }, 400, '3101'],
    [{ accept: '' }, 400, '3102'],
    [{ 'fspiop-source': 'nobody' }, 400, '3105'],
    [{ 'fspiop-destination': 'weaver' }, 400, '3100'],
  ])('turns away a message with %j', async (headers, status, errorCode) => {
    const bank = await aDirectBank()
    expect(await bank.tell({ ...aQuoteRequest(), headers })).toEqual({ status, errorCode })
    expect(bank.sent).toEqual([])
  })

  it('turns away a body that is no quote', async () => {
    const bank = await aDirectBank()
    for (const changes of [
      { quoteId: 'x' },
      { amount: { amount: '5.0', currency: 'KES' } },
      { payee: 1 },
    ]) {
      expect(await bank.tell(aQuoteRequest(changes))).toEqual({ status: 400, errorCode: '3101' })
    }
  })
})
