import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { balanceBooks, isAtRest } from '../../sandbox/books/balance.ts'
import { collectBooks } from '../../sandbox/books/collect.ts'
import type { BooksFacts } from '../../sandbox/books/facts.ts'
import {
  balancesOf,
  labPorts,
  pause,
  sendOrder,
  stateOf,
  untilSo,
  type LabOrder,
} from '../support/lab-client.ts'
import {
  freeBasePort,
  makeLabProgram,
  type LabProgram,
  type RunningLab,
} from '../support/lab-program.ts'
import { remark } from '../support/remark.ts'

let program: LabProgram
beforeAll(() => {
  program = makeLabProgram()
}, 60_000)
afterAll(() => program.remove())

const banks = ['heron', 'weaver', 'ibis', 'kingfisher'] as const
const orderCount = 60
const killCount = 4

/** Sixty orders among the four banks, each payer more than once; every fifth within one bank. */
const orders = Array.from({ length: orderCount }, (_, n): LabOrder & { readonly from: Bank } => ({
  key: `killed-${String(n)}`,
  from: banks[n % 4]!,
  payer: (n % 5) + 1,
  to: n % 5 === 0 ? banks[n % 4]! : banks[(n + 1 + (n % 3)) % 4]!,
  payee: 6,
  amount: `${String(n + 1)}.25`,
}))

type Bank = (typeof banks)[number]

it('kill -9 in the middle, again and again: every order ends, once, and the books are right', async () => {
  // Another one each run, so that other moments are tried.
  const seed = fixedSeed ?? Date.now() % 1_000_000
  const random = seededRandom(seed)
  const where = ['--base-port', String(await freeBasePort()), '--data', program.dataDir()]
  let lab = await program.start(...where)
  const before = await balancesOf(lab)
  const acknowledged = new Map<string, string>()

  for (let kill = 0; kill < killCount; kill++) {
    const waiting = orders.filter(({ key }) => !acknowledged.has(key))
    const share = Math.ceil(waiting.length / (killCount - kill))
    const sending = waiting.slice(0, share).map((order) => submit(lab, order, acknowledged))
    // From before the first acknowledgement to long after the last: the worst moment is not known.
    const killed = pause(Math.floor(random() * 700)).then(() => lab.end('SIGKILL'))
    await Promise.all([...sending, killed])
    lab = await program.start(...where)
  }
  const heardBefore = acknowledged.size
  const again = await Promise.all(
    orders.map(async (order) => [order, await sendOrder(lab, order)] as const),
  )
  // What was acknowledged before is the same transfer now.
  for (const [{ key }, id] of again) expect(acknowledged.get(key) ?? id).toBe(id)

  const ids = new Set(again.map(([, id]) => id))
  expect(ids.size).toBe(orderCount)
  const facts = await booksAtRest(lab)
  expect(balanceBooks(facts).filter(({ isRight }) => !isRight)).toEqual([])
  // Nothing was invented for an order whose answer was lost.
  expect(new Set(facts.hub.legs.map(({ transferId }) => transferId))).toEqual(ids)

  const outcomes = await Promise.all(
    again.map(async ([order, id]) => [order, await stateOf(lab, id, order.from)] as const),
  )
  expect(outcomes.filter(([, state]) => state !== 'COMMITTED' && state !== 'ABORTED')).toEqual([])
  const committed = outcomes.filter(([, state]) => state === 'COMMITTED').map(([order]) => order)
  expect(received(before, await balancesOf(lab))).toEqual(owedTo(committed))
  remark(
    `seed ${String(seed)}: ${String(heardBefore)} of ${String(orderCount)} orders were acknowledged ` +
      `around ${String(killCount)} kills, ${String(committed.length)} committed in the end`,
  )
  expect(committed.length).toBeGreaterThan(0)
  expect(await lab.end('SIGINT')).toMatchObject({ code: 0, stderr: '' })
}, 180_000)

/** Sends an order; when nobody answers, nobody knows, and it is sent again later. */
async function submit(
  lab: RunningLab,
  order: LabOrder,
  acknowledged: Map<string, string>,
): Promise<void> {
  const id = await sendOrder(lab, order).catch(() => undefined)
  if (id !== undefined) acknowledged.set(order.key, id)
}

async function booksAtRest(lab: RunningLab): Promise<BooksFacts> {
  let facts = await collectBooks(lab, labPorts)
  await untilSo(
    async () => {
      facts = await collectBooks(lab, labPorts)
      return isAtRest(facts)
    },
    { waitMsMax: 80_000, pauseMs: 250 },
  )
  return facts
}

type Cents = Readonly<Record<Bank, number>>

/** What the sixth customer of each bank, who only receives, has got. */
function received(before: Record<string, string>, after: Record<string, string>): Cents {
  const key = (bank: Bank): string =>
    Object.keys(before).find((each) => each.startsWith(`${bank} `) && /000006 KES$/.test(each)) ??
    ''
  const cents = (text: string | undefined): number => Number((text ?? '').replace('.', ''))
  return forEachBank((bank) => cents(after[key(bank)]) - cents(before[key(bank)]))
}

function owedTo(committed: readonly LabOrder[]): Cents {
  const cents = ({ amount = '' }: LabOrder): number => Number(amount.replace('.', ''))
  return forEachBank((bank) =>
    committed.filter(({ to }) => to === bank).reduce((sum, order) => sum + cents(order), 0),
  )
}

function forEachBank(amountOf: (bank: Bank) => number): Cents {
  return {
    heron: amountOf('heron'),
    weaver: amountOf('weaver'),
    ibis: amountOf('ibis'),
    kingfisher: amountOf('kingfisher'),
  }
}

/** Set one that was printed to try its moments again. */
const fixedSeed: number | undefined = undefined

function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
