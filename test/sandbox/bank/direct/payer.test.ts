import { beforeAll, describe, expect, it } from '@jest/globals'
import {
  conditionOf,
  fulfilmentOf,
  ilpAddress,
  writePacket,
} from '../../../../sandbox/bank/fspiop/ilp.ts'
import { aDirectBank, party, type DirectBank } from './support.ts'

const payee = '254710000002'
const fulfilment = fulfilmentOf('a packet', 'a secret')

async function anOrder(bank: DirectBank, changes: object = {}): Promise<string> {
  const order = {
    payer: { partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier: '254740000001' } },
    payee: { partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier: payee } },
    amount: { amount: '100.50', currency: 'KES' },
    ...changes,
  }
  const { status, body } = await bank.ask('POST', '/lab/transfers', order)
  expect(status).toBe(200)
  expect(body.transactionId).toBe(body.transferId)
  return body.transferId
}

async function tellParty(bank: DirectBank, source: 'heron' | 'switch' = 'heron'): Promise<void> {
  const path = `/parties/MSISDN/${payee}`
  await bank.tell({ method: 'PUT', path, source, body: { party: party(payee, 'heron') } })
}

async function tellQuote(
  bank: DirectBank,
  changes: object = {},
  source: 'heron' | 'switch' = 'heron',
) {
  const { quoteId } = bank.sent.find(({ line }) => line === 'POST /quotes')!.body
  const account = ilpAddress('heron', { type: 'MSISDN', id: payee })
  const body = {
    transferAmount: { amount: '100.5', currency: 'KES' },
    expiration: new Date(bank.clock.now() + 60_000).toISOString(),
    ilpPacket: writePacket({ amount: 10_050n, account, transaction: '{}' }),
    condition: conditionOf(fulfilment),
    ...changes,
  }
  return bank.tell({ method: 'PUT', path: `/quotes/${quoteId}`, source, body })
}

async function aReservation(): Promise<{ readonly bank: DirectBank; readonly id: string }> {
  const bank = await aDirectBank()
  const id = await anOrder(bank)
  await tellParty(bank)
  await tellQuote(bank)
  expect(bank.booked(id)).toBe('HELD')
  return { bank, id }
}

async function statusOf(bank: DirectBank, id: string): Promise<any> {
  return (await bank.ask('GET', `/lab/transfers/${id}`)).body
}

function lines(bank: DirectBank, from = 0): readonly string[] {
  return bank.sent.slice(from).map(({ line }) => line)
}

const committed = (id: string, changes: object = {}) => ({
  method: 'PUT',
  path: `/transfers/${id}`,
  body: { transferState: 'COMMITTED', fulfilment, ...changes },
})
const error = (id: string, errorCode: string, words = 'no') => ({
  method: 'PUT',
  path: `/transfers/${id}/error`,
  body: { errorInformation: { errorCode, errorDescription: words } },
})

// The first bank makes the keys for all of them, which takes its time on a busy machine.
beforeAll(async () => {
  await aDirectBank()
}, 60_000)

describe('a bank that pays', () => {
  it('looks up, asks for a quote, holds, sends, and debits when the fulfilment fits', async () => {
    const bank = await aDirectBank()
    const id = await anOrder(bank)
    expect(bank.sent[0]?.request.headers['fspiop-destination']).toBeUndefined()
    await tellParty(bank)
    expect((await statusOf(bank, id)).transferState).toBe('RECEIVED')
    await tellQuote(bank)
    expect((await statusOf(bank, id)).transferState).toBe('RESERVED')
    expect(lines(bank)).toEqual([`GET /parties/MSISDN/${payee}`, 'POST /quotes', 'POST /transfers'])
    expect(bank.sent[2]?.body).toMatchObject({
      transferId: id,
      payerFsp: 'kingfisher',
      payeeFsp: 'heron',
      amount: { amount: '100.5', currency: 'KES' },
      condition: conditionOf(fulfilment),
    })
    await bank.tell(committed(id))
    expect(await statusOf(bank, id)).toMatchObject({
      transferState: 'COMMITTED',
      timeline: expect.arrayContaining([expect.objectContaining({ step: 'commit-funds' })]),
    })
    expect(bank.booked(id)).toBe('COMMITTED')
    const before = bank.sent.length
    await bank.clock.advance(300_000)
    expect(bank.sent).toHaveLength(before)
  })

  it.each([['an FSP that the directory did not name', {}, 'switch']] as const)(
    'does not take a quote of %s',
    async (_who, changes, source) => {
      const bank = await aDirectBank()
      const id = await anOrder(bank)
      await tellParty(bank)
      await tellQuote(bank, changes, source)
      expect(bank.booked(id)).toBeUndefined()
      expect((await statusOf(bank, id)).transferState).toBe('RECEIVED')
    },
  )

  it.each([
    ['another amount', { transferAmount: { amount: '100.6', currency: 'KES' } }, '3100'],
    ['another currency', { transferAmount: { amount: '100.5', currency: 'UGX' } }, '3100'],
    [
      'a packet of another amount',
      {
        ilpPacket: writePacket({
          amount: 1n,
          account: `g.heron.msisdn.${payee}`,
          transaction: '{}',
        }),
      },
      '3100',
    ],
    [
      'a packet for somebody else',
      {
        ilpPacket: writePacket({ amount: 10_050n, account: 'g.heron.msisdn.1', transaction: '{}' }),
      },
      '3100',
    ],
    ['an expiration in the past', { expiration: '2025-12-31T23:59:59.000Z' }, '3302'],
  ])('holds nothing for a quote with %s', async (_what, changes, errorCode) => {
    const bank = await aDirectBank()
    const id = await anOrder(bank)
    await tellParty(bank)
    await tellQuote(bank, changes)
    expect(await statusOf(bank, id)).toMatchObject({
      transferState: 'ABORTED',
      errorInformation: { errorCode },
    })
    expect(bank.booked(id)).toBeUndefined()
  })

  it('does not follow a party answer in the name of another FSP', async () => {
    const bank = await aDirectBank()
    await anOrder(bank)
    await tellParty(bank, 'switch')
    expect(lines(bank)).toEqual([`GET /parties/MSISDN/${payee}`])
  })

  it('gives up a lookup and a quote that nobody answers, having asked again', async () => {
    const bank = await aDirectBank()
    const lost = await anOrder(bank)
    await bank.clock.advance(11_000)
    expect(await statusOf(bank, lost)).toMatchObject({
      transferState: 'ABORTED',
      reason: 'payee-fsp-silent',
    })
    expect(lines(bank).length).toBeGreaterThan(1)
    const quiet = await anOrder(bank)
    await tellParty(bank)
    await bank.clock.advance(61_000)
    expect(await statusOf(bank, quiet)).toMatchObject({
      transferState: 'ABORTED',
      reason: 'payee-fsp-silent',
    })
  })

  it('keeps its hold when COMMITTED comes without the right fulfilment, and asks again', async () => {
    const { bank, id } = await aReservation()
    await bank.tell(committed(id, { fulfilment: undefined }))
    await bank.tell(committed(id, { fulfilment: 'a'.repeat(43) }))
    expect(bank.booked(id)).toBe('HELD')
    const before = bank.sent.length
    await bank.clock.advance(60_000)
    expect(lines(bank, before)).toContain(`GET /transfers/${id}`)
    expect(bank.booked(id)).toBe('HELD')
    await bank.tell(committed(id))
    expect(bank.booked(id)).toBe('COMMITTED')
  })

  it('takes the word of the payee for a hint, asks the switch, and debits at its word', async () => {
    const { bank, id } = await aReservation()
    const before = bank.sent.length
    await bank.tell({ ...committed(id), source: 'heron' })
    expect(bank.booked(id)).toBe('HELD')
    expect(lines(bank, before)).toEqual(['POST /transfers'])
  })

  it('releases at ABORTED, for the reason that an error callback gave before', async () => {
    const { bank, id } = await aReservation()
    const before = bank.sent.length
    await bank.tell(error(id, '4200', 'Payer limit error'))
    expect(bank.booked(id)).toBe('HELD')
    expect(lines(bank, before)).toEqual(['POST /transfers'])
    await bank.tell(committed(id, { transferState: 'ABORTED', fulfilment: undefined }))
    expect(bank.booked(id)).toBe('RELEASED')
    expect(await statusOf(bank, id)).toMatchObject({
      reason: 'payer-fsp-limit',
      errorInformation: { errorCode: '4200' },
    })
  })

  it('sends the same bytes until expiration, and never after it', async () => {
    const { bank, id } = await aReservation()
    await bank.clock.advance(200_000)
    const posts = bank.sent.filter(({ line }) => line === 'POST /transfers')
    expect(posts.length).toBeGreaterThan(2)
    expect(
      new Set(posts.map(({ request }) => Buffer.from(request.bytes).toString('utf8'))).size,
    ).toBe(1)
    const expiresAt = Date.parse(posts[0]?.body.expiration)
    const datesOf = (line: string) =>
      bank.sent
        .filter((each) => each.line === line)
        .map(({ request }) => Date.parse(request.headers['date'] ?? ''))
    expect(Math.max(...datesOf('POST /transfers'))).toBeLessThan(expiresAt)
    expect(Math.min(...datesOf(`GET /transfers/${id}`))).toBeGreaterThan(expiresAt + 4_000)
    expect(bank.booked(id)).toBe('HELD')
  })

  it('takes 3208 for a no only after expiration and skew, from an answer dated later', async () => {
    const { bank, id } = await aReservation()
    await bank.tell(error(id, '3208'))
    expect(bank.booked(id)).toBe('HELD')
    await bank.clock.advance(40_000)
    const old = { date: new Date(Date.UTC(2026, 0, 1)).toUTCString() }
    await bank.tell({ ...error(id, '3208'), headers: old })
    expect(bank.booked(id)).toBe('HELD')
    await bank.tell({ ...error(id, '3208'), source: 'heron' })
    expect(bank.booked(id)).toBe('HELD')
    await bank.tell(error(id, '3208'))
    expect(bank.booked(id)).toBe('RELEASED')
    expect(await statusOf(bank, id)).toMatchObject({ transferState: 'ABORTED' })
  })

  it('owes the debit of a frozen account, and books it when it may', async () => {
    const { bank, id } = await aReservation()
    await bank.ask('PUT', '/lab/customers/254740000001', { frozen: true })
    await bank.tell(committed(id))
    expect(bank.booked(id)).toBe('HELD')
    expect((await statusOf(bank, id)).transferState).toBe('COMMITTED')
    await bank.tell(committed(id, { transferState: 'ABORTED' }))
    await bank.ask('PUT', '/lab/customers/254740000001', { frozen: false })
    await bank.clock.advance(6_000)
    expect(bank.booked(id)).toBe('COMMITTED')
  })

  it('goes on after a restart at every stage', async () => {
    const first = await aDirectBank()
    const id = await anOrder(first)
    first.bank.close()
    const second = await aDirectBank({ store: first.store, clock: first.clock })
    await second.clock.advance(10)
    await tellParty(second)
    second.bank.close()
    const third = await aDirectBank({ store: first.store, clock: first.clock })
    await third.clock.advance(10)
    expect(third.sent[0]?.body).toEqual(second.sent.at(-1)?.body)
    await tellQuote(third)
    third.bank.close()
    const fourth = await aDirectBank({ store: first.store, clock: first.clock })
    await fourth.clock.advance(10)
    expect(fourth.sent.map(({ request }) => request.bytes)).toEqual([
      third.sent.at(-1)?.request.bytes,
    ])
    await fourth.tell(committed(id))
    expect(fourth.booked(id)).toBe('COMMITTED')
  })
})
