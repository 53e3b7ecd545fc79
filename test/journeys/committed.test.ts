import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { startVirtualLab, type VirtualLab } from '../support/virtual-lab.ts'
import {
  aTransfer,
  carry,
  expectBooksRight,
  legOf,
  legsOf,
  msisdnOf,
  post,
  send,
  settle,
  stateAtSwitch,
  status,
  steps,
  watchBalance,
} from '../support/journey.ts'

let lab: VirtualLab

beforeAll(async () => {
  lab = await startVirtualLab()
})
afterEach(() => expectBooksRight(lab))
afterAll(() => lab.close())

describe('a transfer that is committed', () => {
  it('takes amount and fee from the payer and gives the payee all of the amount', async () => {
    const payer = await watchBalance(lab, 'heron', 1)
    const payee = await watchBalance(lab, 'weaver', 2)
    const leg = await carry(lab, aTransfer({ amount: '100.5' }))
    expect(leg).toMatchObject({ state: 'committed', transferState: 'COMMITTED' })
    expect(await payer()).toBe(-10_050 - 550)
    expect(await payee()).toBe(10_050)
    expect(await stateAtSwitch(lab, leg.id)).toBe('COMMITTED')
    const told = await status(lab, leg.id)
    expect(told).toMatchObject({
      transferState: 'COMMITTED',
      completedTimestamp: expect.any(String),
      payerFsp: 'heron',
      payeeFsp: 'weaver',
      amount: '100.5',
      currency: 'KES',
      payerFspFee: { amount: '5.5', currency: 'KES' },
    })
    expect(told.reason).toBeUndefined()
    expect(told.errorInformation).toBeUndefined()
  })

  it('tells each leg step by step, each step once', async () => {
    const leg = await carry(lab, aTransfer({ payer: 2, payee: 1 }))
    expect(steps(leg)).toEqual([
      'receive-order done',
      'find-payer done',
      'find-payee asked',
      'accept-payee done',
      'request-quote asked',
      'accept-quote given',
      'price-transfer done',
      'reserve-funds done',
      'funds-held done',
      'prepare-transfer asked',
      'transfer-answered given',
      'decide-commit done',
      'commit-funds done',
      'transfer-committed done',
    ])
    expect(steps(await legOf(lab, leg.id, 'payee'))).toEqual([
      'decide-fulfilment done',
      'fulfil-transfer asked',
      'outcome-told given',
      'decide-commit done',
      'credit-payee done',
      'transfer-committed done',
    ])
  })

  it('credits the payee only after the switch has told COMMITTED', async () => {
    const from = lab.network.traffic.length
    const { id } = await carry(lab, aTransfer({ payer: 3, payee: 3 }))
    const lines = lab.network.traffic
      .slice(from)
      .map(({ url, request }) => `${request.method} ${url}`)
    const told = lines.findIndex((line) => line.endsWith(`/fsp/weaver/transfers/${id}`))
    const credited = lines.findIndex((line) => line.includes(':4202') && line.includes('CREATE'))
    expect(lines[told]).toMatch(/^PATCH /)
    expect(credited).toBeGreaterThan(told)
  })

  it('gives the payee the amount of a RECEIVE', async () => {
    const payer = await watchBalance(lab, 'kingfisher', 1)
    const payee = await watchBalance(lab, 'heron', 1)
    const order = { from: 'kingfisher', to: 'heron', payee: 1, amount: '200' } as const
    const leg = await carry(lab, aTransfer({ ...order, amountType: 'RECEIVE' }))
    expect(leg.state).toBe('committed')
    expect(await payee()).toBe(20_000)
    expect(await payer()).toBe(-20_000 - 180)
  })

  it.each([
    ['ibis', 'kingfisher', 'SEND', 100 + 4],
    ['kingfisher', 'ibis', 'RECEIVE', 9],
  ] as const)('carries UGX, which has no decimals, from %s to %s (%s)', async (...row) => {
    const [from, to, amountType, fee] = row
    const payer = await watchBalance(lab, from, 1, 'UGX')
    const payee = await watchBalance(lab, to, 2, 'UGX')
    const order = { from, to, amount: '1000', currency: 'UGX', amountType }
    expect(await carry(lab, aTransfer(order))).toMatchObject({ state: 'committed' })
    expect(await payer()).toBe(-1000 - fee)
    expect(await payee()).toBe(1000)
  })

  it('does not go by the switch when payee and payer are at one bank', async () => {
    const payer = await watchBalance(lab, 'weaver', 1)
    const payee = await watchBalance(lab, 'weaver', 2)
    const leg = await carry(lab, aTransfer({ from: 'weaver', to: 'weaver', amount: '400' }))
    expect(leg.state).toBe('committed')
    expect(await payer()).toBe(-40_000 - 300)
    expect(await payee()).toBe(40_000)
    expect(await stateAtSwitch(lab, leg.id)).toBeUndefined()
    expect(await legsOf(lab, leg.id)).toHaveLength(1)
    expect(steps(leg)).toEqual([
      'receive-order done',
      'find-payer done',
      'find-payee asked',
      'accept-payee done',
      'price-transfer done',
      'reserve-funds done',
      'funds-held done',
      'credit-within done',
      'decide-commit done',
      'commit-funds done',
      'transfer-committed done',
    ])
  })
})

describe('an order that is sent again', () => {
  it('gets the first answer, and the money moves once', async () => {
    const payer = await watchBalance(lab, 'heron', 4)
    const order = aTransfer({ payer: 4, correlationId: 'rent-november' })
    const id = await send(lab, order)
    expect(await send(lab, order)).toBe(id)
    await settle(lab, id)
    expect(await send(lab, order)).toBe(id)
    expect(await payer()).toBe(-10_050 - 550)
  })

  it('gets the first answer also when many arrive at the same moment', async () => {
    const payer = await watchBalance(lab, 'heron', 5)
    const order = aTransfer({ payer: 5, correlationId: 'rent-december' })
    const ids = await Promise.all(Array.from({ length: 8 }, () => send(lab, order)))
    expect(new Set(ids).size).toBe(1)
    await settle(lab, ids[0]!)
    expect(await payer()).toBe(-10_050 - 550)
  })

  it('is refused with other content, and nothing of it happens', async () => {
    const payer = await watchBalance(lab, 'heron', 6)
    const id = await send(lab, aTransfer({ payer: 6, correlationId: 'rent-january' }))
    const other = aTransfer({ payer: 6, correlationId: 'rent-january', amount: '999' })
    expect(await post(lab, other)).toMatchObject({ status: 409 })
    await settle(lab, id)
    expect(await payer()).toBe(-10_050 - 550)
  })

  it('may use a key that another FSP has used', async () => {
    const mine = await send(lab, aTransfer({ correlationId: 'order-1' }))
    const theirs = await send(lab, aTransfer({ from: 'ibis', correlationId: 'order-1' }))
    expect(theirs).not.toBe(mine)
    await settle(lab, mine)
    await settle(lab, theirs)
    expect(await status(lab, mine, 'ibis')).toMatchObject({ errorCategory: expect.anything() })
  })
})

describe('fifty transfers at once to one payee', () => {
  it('all arrive, and one lookup that is under way answers all who wait for her', async () => {
    const payee = await watchBalance(lab, 'ibis', 6)
    const banks = ['heron', 'weaver', 'kingfisher'] as const
    const from = lab.network.traffic.length
    const ids = await Promise.all(
      Array.from({ length: 50 }, (_, n) => {
        const order = { from: banks[n % 3]!, payer: (n % 6) + 1, to: 'ibis', payee: 6 } as const
        return send(lab, aTransfer({ ...order, amount: '10.01' }))
      }),
    )
    for (const id of ids) expect(await settle(lab, id)).toMatchObject({ state: 'committed' })
    expect(await payee()).toBe(50 * 1001)
    const prepares = lab.network.traffic
      .slice(from)
      .filter(({ url, request }) => request.method === 'POST' && url === `${lab.switch}/transfers`)
      .map(({ request }) => Buffer.from(request.bytes).toString())
    expect(new Set(prepares).size).toBe(50)
    // Servers may take longer for so many than a payer waits before the same POST again.
    if (lab.slackMs === 0) expect(prepares).toHaveLength(50)
    expect(msisdnOf('ibis', 6)).toBe('254730000006')
  })
})
