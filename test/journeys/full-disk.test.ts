import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { makeDataFolder, type DataFolder } from '../support/data-folder.ts'
import { createDisks, type DiskName, type Disks } from '../support/disks.ts'
import {
  ask,
  aTransfer,
  carry,
  expectBooksRight,
  fault,
  mend,
  post,
  settle,
  stateAtSwitch,
  until,
  wait,
  watchBalance,
} from '../support/journey.ts'
import { startVirtualLab, type VirtualLab } from '../support/virtual-lab.ts'

let lab: VirtualLab
let disks: Disks
let folder: DataFolder
const incidents: unknown[] = []

beforeAll(async () => {
  folder = makeDataFolder()
  disks = createDisks()
  const error = (fields: unknown, message: string): void => {
    if (/incident/.test(message)) incidents.push(fields)
  }
  const log = { info: () => undefined, warn: () => undefined, error }
  lab = await startVirtualLab({ dataDir: folder.path, disks, log })
})
afterEach(() => expectBooksRight(lab))
afterAll(async () => {
  await lab.close()
  folder.remove()
})

const amount = '1.5'
const banks = ['heron', 'weaver', 'ibis', 'kingfisher'] as const

/** Orders of several kinds, some of which have begun when the disk is full, and some of which have not. */
function ordersOf(name: DiskName, phase: string) {
  return Array.from({ length: 12 }, (_, n) => {
    const [from, to] = [banks[n % 4]!, n % 3 === 0 ? 'weaver' : 'heron'] as const
    const order = { from, payer: (n % 5) + 1, to, payee: 6, amount }
    return aTransfer({ ...order, correlationId: `${name}-${phase}-${String(n)}` })
  })
}

type Sent = {
  readonly order: ReturnType<typeof aTransfer>
  readonly answer: Awaited<ReturnType<typeof post>>
}

/** Sends orders one after the other, a moment between. */
async function sendAll(orders: readonly ReturnType<typeof aTransfer>[]): Promise<readonly Sent[]> {
  const sent: Sent[] = []
  for (const order of orders) {
    sent.push({ order, answer: await post(lab, order) })
    await wait(lab, 7)
  }
  return sent
}

const oneMoment = 5_000
/** Longer than a transfer may take, so that some must be swept and asked for while nobody can write it down. */
const tooLong = 45_000

describe.each<[DiskName, string, number]>([
  ['hub', 'the disk of the hub', oneMoment],
  ['hub', 'the disk of the hub', tooLong],
  ['engine', "the disk of the hub's engine", oneMoment],
  ['engine', "the disk of the hub's engine", tooLong],
  ['switch', 'the disk of the switch', oneMoment],
  ['switch', 'the disk of the switch', tooLong],
  ['heron', "the disk of a bank's core", oneMoment],
  ['heron', "the disk of a bank's core", tooLong],
  ['weaver', "the disk of another bank's core", tooLong],
])('%s: %s is full for a while (%d ms)', (name, _, fullMs) => {
  it('some may be refused, but what was acknowledged goes on when there is room', async () => {
    const gained = await Promise.all([
      watchBalance(lab, 'heron', 6),
      watchBalance(lab, 'weaver', 6),
    ])
    const refusalsBefore = disks.refusals(name)
    const before = await sendAll(ordersOf(name, `before ${fullMs}`))
    disks.fill(name)
    const during = await sendAll(ordersOf(name, `during ${fullMs}`))
    await wait(lab, fullMs)
    disks.free(name)
    expect(disks.refusals(name)).toBeGreaterThan(refusalsBefore)

    const refused = during.filter(({ answer }) => answer.status !== 200)
    expect(refused.length > 0).toBe(name === 'hub')
    for (const { answer } of refused) expect(answer).toMatchObject(unavailable)
    expect(before.map(({ answer }) => answer.status)).toEqual(before.map(() => 200))

    const again = await sendAll(refused.map(({ order }) => order))
    const taken = [...before, ...during, ...again].filter(({ answer }) => answer.status === 200)
    expect(taken).toHaveLength(before.length + during.length)
    let credited = 0
    for (const { answer } of taken) {
      const { state } = await settle(lab, answer.body.transactionId)
      expect(['committed', 'aborted']).toContain(state)
      if (state === 'committed') credited++
    }
    const cents = await Promise.all(gained.map((read) => read()))
    expect(cents[0]! + cents[1]!).toBe(credited * 150)
    if (fullMs === oneMoment) expect(credited).toBe(taken.length)
    expect(incidents).toEqual([])
    expect(await openProblems()).toEqual([])
    expect(await carry(lab, aTransfer())).toMatchObject({ state: 'committed' })
  }, 60_000)
})

it('a switch that cannot write down what has expired does so when there is room', async () => {
  await fault(lab, 'switch', { on: 'put-transfers', do: 'silence', forever: true })
  const orders = Array.from({ length: 8 }, (_, n) => aTransfer({ payer: (n % 5) + 1, payee: 4 }))
  const sent = await sendAll(orders)
  await wait(lab, 1_000)
  disks.fill('switch')
  await wait(lab, tooLong)
  const ids = sent.map(({ answer }) => answer.body.transactionId)
  for (const id of ids) expect(await stateAtSwitch(lab, id)).toBe('RESERVED')
  disks.free('switch')
  await mend(lab, 'switch')
  for (const id of ids) expect(await settle(lab, id)).toMatchObject({ state: 'aborted' })
  expect(await openProblems()).toEqual([])
}, 60_000)

describe('a bank on its own feet whose disk is full for a while', () => {
  it('pays and is paid when there is room, and the books of all are right', async () => {
    const own = createDisks()
    const place = join(folder.path, 'direct')
    const direct = ['kingfisher']
    const other = await startVirtualLab({ dataDir: place, disks: own, direct })
    const bank = other.banks['kingfisher'] ?? ''
    const pay = (n: number) =>
      ask(other, {
        method: 'POST',
        url: `${bank}/lab/transfers`,
        headers: { 'x-correlationid': `own-${String(n)}` },
        body: aTransfer({ from: 'kingfisher', payer: (n % 5) + 1, to: 'heron', amount }).body,
      })
    const receive = (n: number) => {
      const correlationId = `received-${String(n)}`
      const order = {
        payer: (n % 5) + 1,
        to: 'kingfisher',
        payee: 6,
        amount,
        correlationId,
      } as const
      return post(other, aTransfer(order))
    }
    const both = async (numbers: readonly number[]) => {
      for (const n of numbers) {
        await pay(n)
        await receive(n)
        await wait(other, 7)
      }
    }
    await both([0, 1, 2, 3, 4, 5])
    own.fill('kingfisher')
    await both([6, 7, 8, 9, 10, 11])
    await wait(other, tooLong)
    expect(own.refusals('kingfisher')).toBeGreaterThan(0)
    own.free('kingfisher')

    for (const n of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) {
      const [paid, received] = [await pay(n), await receive(n)]
      expect([paid.status, received.status]).toEqual([200, 200])
      await settle(other, received.body.transactionId)
      const url = `${bank}/lab/transfers/${String(paid.body.transactionId)}`
      const stateNow = async () => (await ask(other, { method: 'GET', url })).body.transferState
      await until(other, async () => /COMMITTED|ABORTED/.test(await stateNow()))
    }
    await expectBooksRight(other)
    expect(await carry(other, aTransfer({ to: 'kingfisher' }))).toMatchObject({
      state: 'committed',
    })
    await other.close()
  }, 60_000)
})

const unavailable = {
  status: 503,
  body: {
    errorCategory: 'Interop',
    errorCode: 'ServiceDenied',
    errorDescription: 'Service currently unavailable',
  },
}

async function openProblems(): Promise<readonly unknown[]> {
  return (await ask(lab, { method: 'GET', url: `${lab.hub}/operations/problems` })).body.problems
}
