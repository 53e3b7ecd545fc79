import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { startVirtualLab, type VirtualLab } from '../support/virtual-lab.ts'
import {
  aTransfer,
  carry,
  expectBooksRight,
  fault,
  legOf,
  mend,
  openProblems,
  send,
  sentTo,
  settle,
  steps,
  wait,
  watchBalance,
} from '../support/journey.ts'

let lab: VirtualLab
let from: number
let payer: () => Promise<number>
let payee: () => Promise<number>

beforeAll(async () => {
  lab = await startVirtualLab()
})
afterEach(async () => {
  await mend(lab, 'switch')
  await expectBooksRight(lab)
})
afterAll(() => lab.close())

/** One transfer while a fault is on, and long after it. */
async function carryThrough(): Promise<string> {
  from = lab.network.traffic.length
  payer = await watchBalance(lab, 'heron', 1)
  payee = await watchBalance(lab, 'weaver', 2)
  const { id } = await carry(lab, aTransfer())
  await wait(lab, 120_000)
  return id
}

async function expectMovedOnce(id: string): Promise<void> {
  expect(await legOf(lab, id, 'payer')).toMatchObject({ state: 'committed' })
  expect(await legOf(lab, id, 'payee')).toMatchObject({ state: 'committed' })
  expect(await payer()).toBe(-10_050 - 550)
  expect(await payee()).toBe(10_050)
  expect(await openProblems(lab, id)).toEqual([])
  expect(sentTo(lab, 'heron', /PREPARE/, from)).toHaveLength(1)
  expect(sentTo(lab, 'heron', /CREATE/, from)).toHaveLength(1)
  expect(sentTo(lab, 'weaver', /CREATE/, from)).toHaveLength(1)
}

const messages = [
  'get-parties',
  'put-parties',
  'post-quotes',
  'put-quotes',
  'post-transfers',
  'put-transfers-callback',
  'patch-transfers',
] as const

describe('money moves once when a message comes', () => {
  it.each(messages)('twice: %s', async (on) => {
    await fault(lab, 'switch', { on, do: 'duplicate', forever: true })
    await expectMovedOnce(await carryThrough())
  })

  it.each(messages)('again, much later: %s', async (on) => {
    await fault(lab, 'switch', { on, do: 'late-copy', ms: 50_000, forever: true })
    await expectMovedOnce(await carryThrough())
  })

  it.each(messages)('late: %s', async (on) => {
    await fault(lab, 'switch', { on, do: 'reorder', ms: 3_000, forever: true })
    await expectMovedOnce(await carryThrough())
  })
})

describe('many transfers at once', () => {
  it('all messages come out of order and twice', async () => {
    for (const on of messages) {
      const kind = on === 'post-transfers' || on === 'put-quotes' ? 'duplicate' : 'reorder'
      await fault(lab, 'switch', { on, do: kind, ms: 700, forever: true })
    }
    payee = await watchBalance(lab, 'weaver', 4)
    const orders = Array.from({ length: 12 }, (_, n) =>
      aTransfer({ payer: (n % 6) + 1, payee: 4, amount: `${String(n + 1)}.25` }),
    )
    const ids = await Promise.all(orders.map((order) => send(lab, order)))
    for (const id of ids) expect(await settle(lab, id)).toMatchObject({ state: 'committed' })
    expect(await payee()).toBe(12 * 25 + 78 * 100)
  })

  it('a second answer with other terms changes nothing: the first one stands', async () => {
    await fault(lab, 'switch', { on: 'put-quotes', do: 'late-copy', ms: 10 })
    const id = await carryThrough()
    await expectMovedOnce(id)
    expect(steps(await legOf(lab, id, 'payer')).filter((each) => /quote/.test(each))).toEqual([
      'request-quote asked',
      'accept-quote given',
    ])
  })
})
